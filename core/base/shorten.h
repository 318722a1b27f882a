// Keeps what a file or a user wrote from flooding a message. Pure function, any thread.
#pragma once

#include <string>

namespace attune {

/// `text`, or its first `limit` bytes (whole UTF-8 characters) and "...".
inline std::string shortened(std::string text, size_t limit = 60) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text + "...";
}

} // namespace attune
