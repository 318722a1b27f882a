#include "remote/ssh/host_pattern.h"

namespace attune::remote {

std::string lowerCase(std::string text) {
  for (char &c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

bool matchesPattern(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matchesHost(const std::vector<std::string> &patterns, const std::string &host) {
  const std::string name = lowerCase(host);
  bool found = false;
  for (const std::string &pattern : patterns) {
    const bool negated = !pattern.empty() && pattern[0] == '!';
    if (!matchesPattern(lowerCase(pattern.substr(negated ? 1 : 0)), name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

} // namespace attune::remote
