// Characters in bytes that may be anything. Pure functions, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace attune {

/// How many bytes the character has that begins with this one, 1 to 4; 0 for a byte that begins none.
inline size_t utf8Announced(unsigned char first) {
  return first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// The bytes of the character that a text begins with; 0 where that is no valid UTF-8.
inline size_t utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = text.empty() ? 0 : utf8Announced(byte(0));
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (length == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0))) return 0;
  if (length == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90))) return 0;
  return length;
}

/// Whether a text begins with a control: below U+0020, U+007F, U+0080 to U+009F, or one that turns the order of what stands beside
/// it (U+202A to U+202E, U+2066 to U+2069). They have utf8Length() bytes, up to 3.
inline bool isControl(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  switch (utf8Length(text)) {
  case 1: return byte(0) < 0x20 || byte(0) == 0x7f;
  case 2: return byte(0) == 0xc2 && byte(1) < 0xa0;
  case 3:
    return byte(0) == 0xe2 &&
           ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) || (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
  default: return false;
  }
}

/// How many bytes at the end of a text may be the beginning of a character whose rest is still to come.
inline size_t utf8Unfinished(std::string_view text) {
  for (size_t n = 1; n <= std::min<size_t>(3, text.size()); ++n) {
    const auto byte = static_cast<unsigned char>(text[text.size() - n]);
    if ((byte & 0xc0) == 0x80) continue;
    return utf8Announced(byte) > n ? n : 0;
  }
  return 0;
}

} // namespace attune
