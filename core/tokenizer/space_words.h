// Where texts in which U+2581 stands for a space may be cut without changing what byte-pair merging makes of them.
// Pure functions, any thread.
#pragma once

#include <string_view>

namespace attune::tokenizer {

inline constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81"; // U+2581

/// Whether a piece has a space behind something else, so that it may reach over the start of a word.
inline bool crossesWords(std::string_view piece) {
  for (size_t at = piece.find(kSpaceSymbol, 1); at != std::string_view::npos; at = piece.find(kSpaceSymbol, at + 1))
    if (at < kSpaceSymbol.size() || piece.compare(at - kSpaceSymbol.size(), kSpaceSymbol.size(), kSpaceSymbol) != 0) return true;
  return false;
}

/// The end of the word at `begin`: before the next space that stands behind something else.
inline size_t spaceWordEnd(std::string_view text, size_t begin) {
  while (text.compare(begin, kSpaceSymbol.size(), kSpaceSymbol) == 0) begin += kSpaceSymbol.size();
  const size_t end = text.find(kSpaceSymbol, begin);
  return end == std::string_view::npos ? text.size() : end;
}

} // namespace attune::tokenizer
