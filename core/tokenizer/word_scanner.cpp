#include "core/tokenizer/word_scanner.h"

#include "core/tokenizer/unicode.h"

#include <array>

namespace attune::tokenizer {

namespace {

/// Class of an ASCII byte: 0 other, then letter, number, space.
enum Kind : uint8_t { kOther, kIsLetter, kIsNumber, kIsSpace };

constexpr std::array<uint8_t, 128> makeAsciiKinds() {
  std::array<uint8_t, 128> kinds{};
  for (size_t c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    kinds[c] = letter ? kIsLetter : c >= '0' && c <= '9' ? kIsNumber : space ? kIsSpace : kOther;
  }
  return kinds;
}
constexpr std::array<uint8_t, 128> kAsciiKinds = makeAsciiKinds();

inline uint8_t kindAt(const char *at, size_t &length) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) return length = 1, kAsciiKinds[byte];
  const uint16_t bits = classOf(decodeUtf8(at, length));
  return bits & kLetter ? kIsLetter : bits & kNumber ? kIsNumber : bits & kSpace ? kIsSpace : kOther;
}

/// The end of the run of `kind` that starts at `at`.
inline const char *runEnd(const char *at, const char *end, uint8_t kind) {
  size_t length = 0;
  while (at < end && kindAt(at, length) == kind) at += length;
  return at;
}

/// The white-space run at `at` by `\s+(?!\S)|\s+`: all of it at the end of the text, else all but its last character.
size_t spaceRun(const char *at, const char *end) {
  size_t length = 0;
  size_t last = 0;
  const char *stop = at;
  while (stop < end && kindAt(stop, length) == kIsSpace) {
    stop += length;
    last = length;
  }
  const size_t all = static_cast<size_t>(stop - at);
  return stop == end || all == last ? all : all - last;
}

/// 's 't 're 've 'm 'll 'd after the apostrophe at `at`; 0 when none. With `anyCase` also 'S and U+017F.
size_t contraction(const char *at, const char *end, bool anyCase) {
  const auto letter = [&](size_t i) {
    if (at + i >= end) return '\0';
    const char c = at[i];
    return anyCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const char first = letter(1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const char second = letter(2);
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l')) return 3;
  if (anyCase && first == '\xC5' && second == '\xBF') return 3; // the long s folds to s
  return 0;
}

inline size_t scanCl100k(const char *at, const char *end, size_t maxDigits) {
  if (*at == '\'') {
    if (const size_t length = contraction(at, end, true)) return length;
  }
  size_t first = 0;
  const uint8_t kind = kindAt(at, first);
  if (kind == kIsLetter) return static_cast<size_t>(runEnd(at + first, end, kIsLetter) - at);
  if (kind == kIsNumber) {
    const char *stop = at + first;
    for (size_t digits = 1, length = 0; digits < maxDigits && stop < end && kindAt(stop, length) == kIsNumber; ++digits) stop += length;
    return static_cast<size_t>(stop - at);
  }
  const char *next = at + first;
  const bool newline = *at == '\r' || *at == '\n';
  size_t length = 0;
  const uint8_t nextKind = next < end ? kindAt(next, length) : uint8_t(kIsSpace);
  if (!newline && nextKind == kIsLetter && next < end) return static_cast<size_t>(runEnd(next, end, kIsLetter) - at);
  if (kind == kOther || (*at == ' ' && next < end && nextKind == kOther)) {
    const char *stop = runEnd(next, end, kOther);
    while (stop < end && (*stop == '\r' || *stop == '\n')) ++stop;
    return static_cast<size_t>(stop - at);
  }
  const char *stop = at; // white space: up to its last newline, if it has one
  const char *lastNewline = nullptr;
  while (stop < end && kindAt(stop, length) == kIsSpace) {
    if (*stop == '\r' || *stop == '\n') lastNewline = stop + 1;
    stop += length;
  }
  return lastNewline ? static_cast<size_t>(lastNewline - at) : spaceRun(at, end);
}

} // namespace

size_t scanGpt2(const char *at, const char *end) {
  if (*at == '\'') {
    if (const size_t length = contraction(at, end, false)) return length;
  }
  const char *word = *at == ' ' && at + 1 < end ? at + 1 : at;
  size_t length = 0;
  const uint8_t kind = kindAt(word, length);
  if (kind != kIsSpace) return static_cast<size_t>(runEnd(word + length, end, kind) - at);
  return spaceRun(at, end);
}

size_t scanLlama3(const char *at, const char *end) { return scanCl100k(at, end, 3); }
size_t scanQwen2(const char *at, const char *end) { return scanCl100k(at, end, 1); }

} // namespace attune::tokenizer
