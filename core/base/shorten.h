// Keeps what a file, a program or a user wrote from flooding a message. Pure functions, any thread.
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

/// What a program printed, as part of a message: its lines one after the other, then shortened.
inline std::string shortLine(std::string text, size_t limit) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char &c : text)
    if (c == '\n') c = ' ';
  return shortened(std::move(text), limit);
}

} // namespace attune
