#include "core/base/shell_word.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace attune {

std::string quotedWord(const std::string &word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shellWord(const std::string &word) {
  const bool plain =
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return c >= 0x80 || std::isalnum(c) || std::strchr("/._-+,:@%=", c); });
  if (plain && !word.empty() && word[0] != '-') return word;
  return quotedWord(word);
}

} // namespace attune
