#include "core/tokenizer/normal_form.h"

#include <algorithm>
#include <unordered_map>

namespace attune::tokenizer {

namespace {

constexpr uint32_t kHangulBase = 0xAC00, kLeadBase = 0x1100, kVowelBase = 0x1161, kTrailBase = 0x11A7;
constexpr uint32_t kVowels = 21, kTrails = 28, kLeads = 19, kSyllables = kLeads * kVowels * kTrails;

struct Tables {
  std::unordered_map<uint32_t, std::pair<uint32_t, uint32_t>> decompose;
  std::unordered_map<uint64_t, uint32_t> compose;
  std::unordered_map<uint32_t, uint32_t> order;
  std::unordered_map<uint32_t, const uint32_t *> compatible; // length, text
  Tables() {
    for (size_t i = 0; i < data::kCompatibilityCount; i += 2 + data::kCompatibility[i + 1])
      compatible[data::kCompatibility[i]] = data::kCompatibility + i + 1;
    for (size_t i = 0; i < data::kDecompositionsCount; ++i) {
      const data::Decomposition &entry = data::kDecompositions[i];
      decompose[entry.code] = {entry.first, entry.second};
      if (entry.composes) compose[uint64_t(entry.first) << 32 | entry.second] = entry.code;
    }
    for (size_t i = 0; i < data::kCombiningClassesCount; ++i)
      for (uint32_t code = data::kCombiningClasses[i].first; code <= data::kCombiningClasses[i].last; ++code)
        order[code] = data::kCombiningClasses[i].order;
  }
};

const Tables &tables() {
  static const Tables value;
  return value;
}

struct Mark {
  uint32_t code;
  uint32_t order;
  uint32_t begin; // source bytes
  uint32_t end;
};

uint32_t orderOf(uint32_t code) {
  const auto order = code < 0x300 ? tables().order.end() : tables().order.find(code);
  return order == tables().order.end() ? 0 : order->second;
}

void decompose(uint32_t code, bool compatibly, uint32_t begin, uint32_t end, std::vector<Mark> &out) {
  if (compatibly && (classOf(code) & kCompatible)) {
    const uint32_t *const text = tables().compatible.at(code);
    for (uint32_t i = 1; i <= text[0]; ++i) out.push_back({text[i], orderOf(text[i]), begin, end});
    return;
  }
  if (code >= kHangulBase && code < kHangulBase + kSyllables) {
    const uint32_t index = code - kHangulBase;
    out.push_back({kLeadBase + index / (kVowels * kTrails), 0, begin, end});
    out.push_back({kVowelBase + index % (kVowels * kTrails) / kTrails, 0, begin, end});
    if (index % kTrails) out.push_back({kTrailBase + index % kTrails, 0, begin, end});
    return;
  }
  const auto found = code < 0xC0 ? tables().decompose.end() : tables().decompose.find(code);
  if (found != tables().decompose.end()) {
    decompose(found->second.first, compatibly, begin, end, out);
    if (found->second.second) decompose(found->second.second, compatibly, begin, end, out);
    return;
  }
  out.push_back({code, orderOf(code), begin, end});
}

/// The primary composite of two characters, or 0.
uint32_t composed(uint32_t first, uint32_t second) {
  if (first >= kLeadBase && first < kLeadBase + kLeads && second >= kVowelBase && second < kVowelBase + kVowels)
    return kHangulBase + ((first - kLeadBase) * kVowels + (second - kVowelBase)) * kTrails;
  if (first >= kHangulBase && first < kHangulBase + kSyllables && (first - kHangulBase) % kTrails == 0 && second > kTrailBase &&
      second < kTrailBase + kTrails)
    return first + (second - kTrailBase);
  const auto found = tables().compose.find(uint64_t(first) << 32 | second);
  return found == tables().compose.end() ? 0 : found->second;
}

void composeInPlace(std::vector<Mark> &text) {
  size_t kept = 0;
  size_t starter = SIZE_MAX;
  uint32_t lastOrder = 0; // of the last character kept behind the starter
  for (size_t i = 0; i < text.size(); ++i) {
    const Mark mark = text[i];
    const bool reachable = starter != SIZE_MAX && (kept == starter + 1 || lastOrder < mark.order);
    if (const uint32_t whole = reachable ? composed(text[starter].code, mark.code) : 0) {
      text[starter].code = whole;
      text[starter].begin = std::min(text[starter].begin, mark.begin);
      text[starter].end = std::max(text[starter].end, mark.end);
      continue;
    }
    if (mark.order == 0) starter = kept;
    lastOrder = mark.order;
    text[kept++] = mark;
  }
  text.resize(kept);
}

} // namespace

bool isSurely(NormalForm form, std::string_view text) {
  if (form == NormalForm::D || form == NormalForm::KD)
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const unsigned char untouched = form == NormalForm::C ? 0xCC : 0x80; // C leaves what is below U+0300, KC what is ASCII
  const int touched = form == NormalForm::C ? kMayCompose : kMayCompose | kCompatible;
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < untouched) {
      ++at;
      continue;
    }
    size_t length;
    if (classOf(decodeUtf8(text.data() + at, length)) & touched) return false;
    at += length;
  }
  return true;
}

MappedText normalized(std::string_view text, NormalForm form) {
  std::vector<Mark> marks;
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    const uint32_t code = decodeUtf8(text.data() + at, length);
    decompose(code, form == NormalForm::KC || form == NormalForm::KD, static_cast<uint32_t>(at), static_cast<uint32_t>(at + length), marks);
  }
  for (auto first = marks.begin(); first != marks.end();) {
    const auto last = std::find_if(first, marks.end(), [](const Mark &mark) { return mark.order == 0; });
    const auto before = [](const Mark &a, const Mark &b) { return a.order < b.order; };
    if (!std::is_sorted(first, last, before)) { // each then stands for all of them: places must not run backwards
      const uint32_t begin = first->begin, end = std::prev(last)->end;
      std::stable_sort(first, last, before);
      for (auto mark = first; mark != last; ++mark) mark->begin = begin, mark->end = end;
    }
    first = last == marks.end() ? last : std::next(last);
  }
  if (form == NormalForm::C || form == NormalForm::KC) composeInPlace(marks);
  MappedText out;
  for (const Mark &mark : marks) {
    const size_t before = out.text.size();
    appendUtf8(out.text, mark.code);
    const size_t length = out.text.size() - before;
    // An unchanged character keeps the place of each byte; a changed one stands for all its source bytes.
    const bool same = mark.end - mark.begin == length && text.substr(mark.begin, length) == std::string_view(out.text).substr(before);
    for (size_t i = 0; i < length; ++i) {
      out.begin.push_back(same ? mark.begin + static_cast<uint32_t>(i) : mark.begin);
      out.end.push_back(same ? mark.begin + static_cast<uint32_t>(i + 1) : mark.end);
    }
  }
  return out;
}

} // namespace attune::tokenizer
