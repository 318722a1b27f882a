// Character classes of the pinned Unicode version and UTF-8 helpers. Pure functions, any thread, no failure.
#pragma once

#include "core/tokenizer/unicode_data.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tokenizer {

enum CharClass : uint16_t {
  kLetter = 1,
  kMark = 2,
  kNumber = 4,
  kSpace = 8, // White_Space
  kPunctuation = 16,
  kSymbol = 32,
  kNumeric = 64,     // what the Digits pre-tokenizer calls a digit: N of a newer Unicode version
  kWord = 128,       // \w as added tokens see it
  kMayCompose = 256, // canonical normalisation may change it or its neighbours
  kCompatible = 512, // it has a compatibility decomposition
};

namespace detail {
struct ClassTable {
  ClassTable();
  std::vector<uint16_t> block;   // 0x110000 / 256 entries: the index of a block in `classes`
  std::vector<uint16_t> classes; // distinct blocks of 256
};
const ClassTable &classTable();
} // namespace detail

/// CharClass bits of a code point; 0 above U+10FFFF.
inline uint16_t classOf(uint32_t code) {
  static const detail::ClassTable &table = detail::classTable();
  return code < 0x110000 ? table.classes[table.block[code >> 8] * size_t(256) + (code & 255)] : uint16_t(0);
}

/// Inclusive ranges of a property named as in patterns: a general category ("L", "Lu", "N"), "Han", "Hiragana",
/// "Katakana", or one of the escapes "s", "d", "h", "w". Empty when the name is unknown.
std::vector<data::CodeRange> propertyRanges(std::string_view name);

/// The ranges outside sorted, disjoint `ranges`, surrogates left out.
std::vector<data::CodeRange> complementRanges(const std::vector<data::CodeRange> &ranges);

/// Reads one code point of valid UTF-8 at `text` and stores its length.
inline uint32_t decodeUtf8(const char *text, size_t &length) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(text);
  if (bytes[0] < 0x80) return length = 1, bytes[0];
  if (bytes[0] < 0xE0) return length = 2, (bytes[0] & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
  if (bytes[0] < 0xF0) return length = 3, (bytes[0] & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
  return length = 4, (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
}

void appendUtf8(std::string &out, uint32_t code);

/// Puts `to` in the place of every `from`, which is not empty.
void replaceEach(std::string &text, std::string_view from, std::string_view to);

/// Length of the longest prefix that is valid UTF-8.
size_t validUtf8Prefix(std::string_view text);

/// Length (at least 1) of the invalid sequence at the start of `text`, as Unicode's "maximal subpart" counts it;
/// 0 when `text` could still become valid with more bytes behind it.
size_t invalidUtf8Length(std::string_view text);

/// A half-open byte range of a text.
struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
};

/// A text derived from another with the source bytes of each of its bytes.
struct MappedText {
  std::string text;
  std::vector<uint32_t> begin; // per byte of `text`, into the source
  std::vector<uint32_t> end;

  /// The source bytes of a span of `text`, `base` bytes further on.
  TextSpan source(TextSpan span, size_t base = 0) const {
    if (span.begin < span.end) return {base + begin[span.begin], base + end[span.end - 1]};
    const size_t at = span.begin < begin.size() ? begin[span.begin] : end.empty() ? 0 : end.back();
    return {base + at, base + at};
  }
};

/// Copies `text` with every invalid sequence replaced by U+FFFD.
MappedText replaceInvalidUtf8(std::string_view text);

} // namespace attune::tokenizer
