// The --template option of the verbs that render conversations.
#pragma once

#include "app/cli/command/command.h"
#include "core/tokenizer/chat_layout.h"

#include <string>

namespace CLI {
class App;
}

namespace attune::app {

struct TemplateOption {
  std::string name = "auto";

  void add(CLI::App &options);
  /// The layout asked for; says on stderr when a built-in one stands in because the model ships none.
  Result<tokenizer::ChatLayout> choose(const tokenizer::TokenizerBundle &bundle, CommandContext &context) const;
};

} // namespace attune::app
