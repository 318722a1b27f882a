// How names end. Pure functions, any thread.
#pragma once

#include <string_view>

namespace attune {

/// Whether `text` ends with `ending`; a text ends with itself.
inline bool endsWith(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

/// The same with something before it: "a.bin" has the ending ".bin", ".bin" alone has none.
inline bool hasEnding(std::string_view name, std::string_view ending) { return name.size() > ending.size() && endsWith(name, ending); }

} // namespace attune
