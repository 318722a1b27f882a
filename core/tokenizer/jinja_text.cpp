#include "core/tokenizer/jinja_text.h"

#include "core/tokenizer/letter_case.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace attune::tokenizer::jinja {

MarkedText::MarkedText(std::string written, Author author) : text(std::move(written)) { addMark(0, text.size(), author); }

void MarkedText::addMark(size_t begin, size_t end, Author author) {
  if (begin == end) return;
  if (!marks.empty() && marks.back().end == begin && marks.back().author == author) {
    marks.back().end = end;
  } else {
    marks.push_back({begin, end, author});
  }
}

void MarkedText::append(const MarkedText &other, size_t begin, size_t end) {
  const size_t base = text.size();
  text.append(other.text, begin, end - begin);
  auto mark = std::lower_bound(other.marks.begin(), other.marks.end(), begin, [](const Mark &m, size_t at) { return m.end <= at; });
  for (; mark != other.marks.end() && mark->begin < end; ++mark) {
    addMark(base + std::max(mark->begin, begin) - begin, base + std::min(mark->end, end) - begin, mark->author);
  }
  for (const TextSpan &span : other.generation) {
    const size_t from = std::max(span.begin, begin), to = std::min(span.end, end);
    if (from < to) generation.push_back({base + from - begin, base + to - begin});
  }
}

void MarkedText::appendWritten(std::string_view written, Author author) {
  const size_t base = text.size();
  text.append(written);
  addMark(base, text.size(), author);
}

MarkedText MarkedText::slice(size_t begin, size_t end) const {
  MarkedText part;
  part.markup = markup;
  part.append(*this, begin, end);
  return part;
}

size_t characterLength(std::string_view text, size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  size_t length = byte < 0x80 ? 1 : byte >= 0xF0 && byte < 0xF8 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
  if (byte >= 0xF8 || length > text.size() - at) return 1;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 1;
  }
  return length;
}

uint32_t codePointAt(std::string_view text, size_t at, size_t *length) {
  const size_t n = characterLength(text, at);
  if (length) *length = n;
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[at + i])); };
  switch (n) {
  case 1: return byte(0) < 0x80 ? byte(0) : 0xFFFD;
  case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  default: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

void appendCodePoint(std::string &text, uint32_t c) {
  auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c >= 0x110000 || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

size_t countCharacters(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at += characterLength(text, at)) ++count;
  return count;
}

size_t byteOffset(std::string_view text, size_t index) {
  size_t at = 0;
  while (index-- > 0 && at < text.size()) at += characterLength(text, at);
  return at;
}

std::string validUtf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    const uint32_t c = codePointAt(text, at, &length);
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool plain = length == 1 && c != 0xFFFD;
    const bool valid = plain || (length > 1 && c >= kSmallest[length] && c < 0x110000 && !(c >= 0xD800 && c < 0xE000));
    if (valid) {
      clean.append(text, at, length);
      at += length;
    } else {
      clean.append("\xEF\xBF\xBD");
      ++at;
    }
  }
  return clean;
}

bool isSpace(uint32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isDigit(uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19) || (c >= 0x660 && c <= 0x669) || (c >= 0x966 && c <= 0x96F);
}

bool isLetter(uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c == 0xAA || c == 0xB5 || c == 0xBA || (c >= 0xC0 && c != 0xD7 && c != 0xF7 && c < 0x2C2) ||
         (c >= 0x370 && c < 0x590 && c != 0x37E && c != 0x387 && !(c >= 0x483 && c <= 0x489)) || (c >= 0x5D0 && c < 0x5F3) ||
         (c >= 0x620 && c < 0x64B) || (c >= 0x904 && c < 0x93A) || (c >= 0x1E00 && c < 0x1FBD) || (c >= 0x3041 && c < 0x3097) ||
         (c >= 0x30A1 && c < 0x30FB) || (c >= 0x3400 && c < 0x4DC0) || (c >= 0x4E00 && c < 0xA48D) || (c >= 0xAC00 && c < 0xD7A4) ||
         (c >= 0xF900 && c < 0xFADA) || (c >= 0xFF21 && c < 0xFF3B) || (c >= 0xFF41 && c < 0xFF5B) || (c >= 0x20000 && c < 0x31350);
}

namespace {

/// Whether the sigma at `at` ends a word: a letter stands before it and none behind it.
bool isFinalSigma(std::string_view text, size_t at) {
  size_t before = at;
  const auto stepBack = [&] {
    do --before;
    while (before > 0 && (static_cast<uint8_t>(text[before]) & 0xC0) == 0x80);
    return codePointAt(text, before, nullptr);
  };
  uint32_t c = 0;
  while (before > 0 && isCaseIgnorable(c = stepBack())) c = 0;
  if (!isCased(c)) return false;
  size_t length = characterLength(text, at);
  for (size_t next = at + length; next < text.size(); next += length) {
    c = codePointAt(text, next, &length);
    if (!isCaseIgnorable(c)) return !isCased(c);
  }
  return true;
}

} // namespace

MarkedText changeCase(const MarkedText &text, CaseRule rule) {
  constexpr uint32_t kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;
  MarkedText result;
  result.markup = text.markup;
  result.text.reserve(text.text.size());
  size_t mark = 0;
  bool inWord = false, first = true;
  for (size_t at = 0; at < text.text.size();) {
    size_t length = 1;
    const uint32_t c = codePointAt(text.text, at, &length);
    std::string mapped;
    if (c == 0xFFFD) {
      mapped = text.text.substr(at, length);
    } else if (rule == CaseRule::Upper || (rule == CaseRule::Swap && hasUpper(c) && !hasLower(c))) {
      appendUpper(mapped, c);
    } else if ((rule == CaseRule::Title && !inWord) || (rule == CaseRule::Capitalize && first)) {
      appendTitle(mapped, c);
    } else if (rule == CaseRule::Swap && hasUpper(c)) {
      appendCodePoint(mapped, c); // a title case letter
    } else if (c == kCapitalSigma && isFinalSigma(text.text, at)) {
      appendCodePoint(mapped, kFinalSigma);
    } else {
      appendLower(mapped, c);
    }
    inWord = isCased(c);
    first = false;
    while (mark < text.marks.size() && text.marks[mark].end <= at) ++mark;
    if (mark < text.marks.size() && text.marks[mark].begin <= at) {
      result.appendWritten(mapped, text.marks[mark].author);
    } else {
      result.append(mapped);
    }
    at += length;
  }
  return result;
}

MarkedText escapeHtml(const MarkedText &text) {
  static const std::pair<char, const char *> kEntities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}};
  MarkedText out;
  out.markup = true;
  size_t plainFrom = 0;
  for (size_t at = 0; at < text.text.size(); ++at) {
    const auto *entity = std::find_if(std::begin(kEntities), std::end(kEntities), [&](const auto &e) { return e.first == text.text[at]; });
    if (entity == std::end(kEntities)) continue;
    out.append(text, plainFrom, at);
    const MarkedText piece = text.slice(at, at + 1);
    if (const Author *author = piece.anyAuthor()) {
      out.appendWritten(entity->second, *author);
    } else {
      out.append(entity->second);
    }
    plainFrom = at + 1;
  }
  out.append(text, plainFrom, text.text.size());
  return out;
}

TextSpan stripRange(std::string_view text, const std::string *chars, bool left, bool right) {
  auto strips = [&](size_t at, size_t length) {
    if (!chars) return isSpace(codePointAt(text, at, nullptr));
    const std::string_view character = text.substr(at, length);
    for (size_t i = 0; i < chars->size(); i += characterLength(*chars, i)) {
      if (std::string_view(*chars).substr(i, characterLength(*chars, i)) == character) return true;
    }
    return false;
  };
  size_t begin = 0, end = text.size();
  while (left && begin < end) {
    const size_t length = characterLength(text, begin);
    if (!strips(begin, length)) break;
    begin += length;
  }
  while (right && end > begin) {
    size_t at = end - 1;
    while (at > begin && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80 && end - at < 4) --at;
    if (at + characterLength(text, at) != end) at = end - 1;
    if (!strips(at, end - at)) break;
    end = at;
  }
  return {begin, end};
}

size_t findText(std::string_view text, std::string_view needle, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (needle.empty()) return from;
  const void *found = memmem(text.data() + from, text.size() - from, needle.data(),
                             needle.size()); // two-way: std::string::find is quadratic
  return found ? static_cast<size_t>(static_cast<const char *>(found) - text.data()) : std::string_view::npos;
}

MarkedText replaceAll(const MarkedText &text, const MarkedText &from, const MarkedText &to, int64_t count, size_t maxBytes) {
  MarkedText result;
  auto add = [&](const MarkedText &piece, size_t begin, size_t end) {
    result.append(piece, begin, end);
    if (result.text.size() > maxBytes) throw std::length_error("string");
  };
  size_t at = 0;
  if (from.text.empty()) {
    for (; count != 0; --count) {
      add(to, 0, to.text.size());
      if (at == text.text.size()) return result;
      const size_t length = characterLength(text.text, at);
      add(text, at, at + length);
      at += length;
    }
  }
  while (count != 0) {
    const size_t found = findText(text.text, from.text, at);
    if (found == std::string::npos) break;
    add(text, at, found);
    add(to, 0, to.text.size());
    at = found + from.text.size();
    --count;
  }
  add(text, at, text.text.size());
  return result;
}

} // namespace attune::tokenizer::jinja
