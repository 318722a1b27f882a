#include "core/api/template_names.h"

namespace attune::api {

const std::vector<std::string> &builtInTemplateNames() {
  static const std::vector<std::string> kNames = {"baichuan2", "chatml", "alpaca", "plain", "llama2"};
  return kNames;
}

bool isTemplateFile(const std::string &name) {
  const std::string ending = ".jinja";
  return name.find('/') != std::string::npos ||
         (name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0);
}

} // namespace attune::api
