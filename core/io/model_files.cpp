#include "core/io/model_files.h"

#include <algorithm>
#include <cctype>

namespace attune::io {

size_t licenseWordAt(const std::string &name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  size_t first = std::string::npos;
  for (const char *word : {"license", "licence", "copying", "notice", "use_policy"}) first = std::min(first, lower.find(word));
  return first;
}

} // namespace attune::io
