#include "core/api/template_names.h"

#include "core/base/ending.h"

namespace attune::api {

const std::vector<std::string> &builtInTemplateNames() {
  static const std::vector<std::string> kNames = {"baichuan2", "chatml", "alpaca", "plain", "llama2"};
  return kNames;
}

bool isTemplateFile(const std::string &name) { return name.find('/') != std::string::npos || hasEnding(name, ".jinja"); }

} // namespace attune::api
