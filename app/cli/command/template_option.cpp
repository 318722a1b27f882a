#include "app/cli/command/template_option.h"

#include "core/api/template_names.h"

#include <CLI/CLI.hpp>

namespace attune::app {

void TemplateOption::add(CLI::App &options) {
  std::string known = "auto, model";
  for (const std::string &builtIn : api::builtInTemplateNames()) known += ", " + builtIn;
  options.add_option("--template", name, "How conversations are rendered: " + known + ", or the path of a .jinja file")
      ->capture_default_str();
}

Result<tokenizer::ChatLayout> TemplateOption::choose(const tokenizer::TokenizerBundle &bundle, CommandContext &context) const {
  ATTUNE_TRY(auto layout, tokenizer::ChatLayout::choose(bundle, name));
  if (name == "auto" && layout.name() != "model" && !context.quiet)
    context.err << "The model ships no chat template, so the built-in one named " << layout.name() << " is used.\n";
  if (!layout.missingMarks().empty() && !context.quiet)
    context.err << "The model has no token " << layout.missingMarks().front() << ", so it reads the marks of " << layout.name()
                << " as ordinary text.\n";
  return layout;
}

} // namespace attune::app
