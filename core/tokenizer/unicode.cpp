#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

namespace attune::tokenizer {

namespace {

constexpr const char *kCategoryNames[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
                                          "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"};

template <typename Visit> void forEachRun(Visit visit) {
  for (size_t i = 0; i < data::kCategoryRunsCount; ++i) {
    const uint32_t first = data::kCategoryRuns[i] >> 5;
    const uint32_t next = i + 1 < data::kCategoryRunsCount ? data::kCategoryRuns[i + 1] >> 5 : 0x110000u;
    visit(first, next - 1, std::string_view(kCategoryNames[data::kCategoryRuns[i] & 31]));
  }
}

void mark(std::vector<uint16_t> &flat, uint32_t first, uint32_t last, uint16_t bits) {
  for (uint32_t code = first; code <= last; ++code) flat[code] |= bits;
}

std::vector<data::CodeRange> merged(std::vector<data::CodeRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<data::CodeRange> out;
  for (const data::CodeRange &range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1)
      out.back().last = std::max(out.back().last, range.last);
    else
      out.push_back(range);
  }
  return out;
}

bool isContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// Length of the valid sequence at `text`, or 0 with `bad` = the length of the maximal subpart; `open` tells that
/// only the end of the text cut it.
size_t sequenceLength(const unsigned char *text, size_t size, size_t &bad, bool &open) {
  const unsigned char lead = text[0];
  open = false;
  bad = 1;
  if (lead < 0x80) return 1;
  const size_t need = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (need == 0) return 0;
  for (size_t i = 1; i < need; ++i) {
    if (i >= size) {
      open = true;
      bad = i;
      return 0;
    }
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (!isContinuation(text[i]) || text[i] < low || text[i] > high) {
      bad = i;
      return 0;
    }
  }
  return need;
}

} // namespace

detail::ClassTable::ClassTable() {
  std::vector<uint16_t> flat(0x110000, 0);
  forEachRun([&](uint32_t first, uint32_t last, std::string_view name) {
    uint16_t bits = 0;
    if (name[0] == 'L') bits = kLetter | kWord;
    if (name[0] == 'M') bits = kMark | kWord;
    if (name[0] == 'N') bits = kNumber | kNumeric;
    if (name[0] == 'P') bits = kPunctuation;
    if (name[0] == 'S') bits = kSymbol;
    if (name == "Nd" || name == "Nl" || name == "Pc") bits |= kWord;
    mark(flat, first, last, bits);
  });
  for (size_t i = 0; i < data::kSpacesCount; ++i) mark(flat, data::kSpaces[i].first, data::kSpaces[i].last, kSpace);
  for (size_t i = 0; i < data::kNumericExtrasCount; ++i) mark(flat, data::kNumericExtras[i].first, data::kNumericExtras[i].last, kNumeric);
  // Added tokens see another \w than patterns: without Latin-1 fractions, with the joiners.
  for (size_t i = 0; i < data::kWordExtrasCount; ++i)
    if (data::kWordExtras[i].first > 0xFF) mark(flat, data::kWordExtras[i].first, data::kWordExtras[i].last, kWord);
  mark(flat, 0x200C, 0x200D, kWord);

  for (size_t i = 0; i < data::kDecompositionsCount; ++i) {
    const data::Decomposition &entry = data::kDecompositions[i];
    if (!entry.composes) flat[entry.code] |= kMayCompose;
    if (entry.composes) flat[entry.second] |= kMayCompose;
  }
  for (size_t i = 0; i < data::kCombiningClassesCount; ++i)
    mark(flat, data::kCombiningClasses[i].first, data::kCombiningClasses[i].last, kMayCompose);
  for (size_t i = 0; i < data::kCompatibilityCount; i += 2 + data::kCompatibility[i + 1]) flat[data::kCompatibility[i]] |= kCompatible;
  mark(flat, 0x1161, 0x1175, kMayCompose); // Hangul vowels and finals
  mark(flat, 0x11A8, 0x11C2, kMayCompose);

  std::map<std::vector<uint16_t>, uint16_t> known;
  for (size_t start = 0; start < flat.size(); start += 256) {
    const std::vector<uint16_t> part(flat.begin() + static_cast<long>(start), flat.begin() + static_cast<long>(start + 256));
    const auto [at, fresh] = known.emplace(part, static_cast<uint16_t>(known.size()));
    if (fresh) classes.insert(classes.end(), part.begin(), part.end());
    block.push_back(at->second);
  }
}

const detail::ClassTable &detail::classTable() {
  static const ClassTable table;
  return table;
}

std::vector<data::CodeRange> propertyRanges(std::string_view name) {
  std::vector<data::CodeRange> ranges;
  const auto add = [&](const data::CodeRange *list, size_t count) { ranges.insert(ranges.end(), list, list + count); };
  if (name == "Han")
    add(data::kHan, data::kHanCount);
  else if (name == "Hiragana")
    add(data::kHiragana, data::kHiraganaCount);
  else if (name == "Katakana")
    add(data::kKatakana, data::kKatakanaCount);
  else if (name == "s")
    add(data::kSpaces, data::kSpacesCount);
  else if (name == "h")
    ranges = {{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
  else {
    if (name == "w") add(data::kWordExtras, data::kWordExtrasCount);
    const std::vector<std::string_view> names = name == "w"   ? std::vector<std::string_view>{"L", "M", "Nd", "Nl", "Pc"}
                                                : name == "d" ? std::vector<std::string_view>{"Nd"}
                                                              : std::vector<std::string_view>{name};
    forEachRun([&](uint32_t first, uint32_t last, std::string_view category) {
      for (const std::string_view wanted : names)
        if (!wanted.empty() && category.substr(0, wanted.size()) == wanted) ranges.push_back({first, last});
    });
  }
  return merged(std::move(ranges));
}

std::vector<data::CodeRange> complementRanges(const std::vector<data::CodeRange> &ranges) {
  std::vector<data::CodeRange> covered = ranges;
  covered.push_back({0xD800, 0xDFFF});
  covered = merged(std::move(covered));
  std::vector<data::CodeRange> out;
  uint32_t next = 0;
  for (const data::CodeRange &range : covered) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next < 0x110000) out.push_back({next, 0x10FFFF});
  return out;
}

void appendUtf8(std::string &out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

void replaceEach(std::string &text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

size_t validUtf8Prefix(std::string_view text) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight;
    if (at + 8 <= text.size() && (std::memcpy(&eight, bytes + at, 8), (eight & 0x8080808080808080u) == 0)) {
      at += 8;
      continue;
    }
    size_t bad;
    bool open;
    const size_t length = sequenceLength(bytes + at, text.size() - at, bad, open);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

size_t invalidUtf8Length(std::string_view text) {
  if (text.empty()) return 0;
  size_t bad;
  bool open;
  if (sequenceLength(reinterpret_cast<const unsigned char *>(text.data()), text.size(), bad, open) > 0 || open) return 0;
  return bad;
}

MappedText replaceInvalidUtf8(std::string_view text) {
  MappedText out;
  size_t at = 0;
  const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
  while (at < text.size()) {
    const size_t good = validUtf8Prefix(text.substr(at));
    out.text.append(text.substr(at, good));
    for (size_t i = 0; i < good; ++i) {
      out.begin.push_back(static_cast<uint32_t>(at + i));
      out.end.push_back(static_cast<uint32_t>(at + i + 1));
    }
    at += good;
    if (at == text.size()) break;
    size_t bad;
    bool open;
    sequenceLength(bytes + at, text.size() - at, bad, open);
    out.text += "\xEF\xBF\xBD";
    out.begin.insert(out.begin.end(), 3, static_cast<uint32_t>(at));
    out.end.insert(out.end.end(), 3, static_cast<uint32_t>(at + bad));
    at += bad;
  }
  return out;
}

} // namespace attune::tokenizer
