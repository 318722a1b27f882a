// The chat templates that ship with Attune, for models and rows without one of their own.
#pragma once

#include <string>
#include <vector>

namespace attune::tokenizer {

struct BuiltInTemplate {
  const char *name;
  const char *source;
  std::vector<const char *> marks{}; // the special tokens that it writes by their text
};

const std::vector<BuiltInTemplate> &builtInTemplates();

} // namespace attune::tokenizer
