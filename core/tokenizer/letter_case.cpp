#include "core/tokenizer/letter_case.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>

namespace attune::tokenizer {

namespace {

const uint32_t *expansionOf(const data::CaseExpansion *list, size_t count, uint32_t code) {
  const auto *found = std::lower_bound(list, list + count, code, [](const auto &entry, uint32_t value) { return entry.code < value; });
  return found != list + count && found->code == code ? found->text : nullptr;
}

uint32_t shifted(const data::CaseShift *list, size_t count, uint32_t code) {
  const auto *run = std::lower_bound(list, list + count, code, [](const auto &entry, uint32_t value) { return entry.last < value; });
  const bool moves = run != list + count && run->first <= code && (code - run->first) % run->step == 0;
  return moves ? code + static_cast<uint32_t>(run->delta) : code;
}

bool contains(const data::CodeRange *list, size_t count, uint32_t code) {
  const auto *found = std::lower_bound(list, list + count, code, [](const auto &range, uint32_t value) { return range.last < value; });
  return found != list + count && found->first <= code;
}

void appendText(std::string &out, const uint32_t *text) {
  for (int i = 0; i < 3 && text[i] != 0; ++i) appendUtf8(out, text[i]);
}

uint32_t upperShift(uint32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 32 : code;
  return shifted(data::kUpperShifts, data::kUpperShiftsCount, code);
}

uint32_t lowerShift(uint32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  return shifted(data::kLowerShifts, data::kLowerShiftsCount, code);
}

} // namespace

void appendUpper(std::string &out, uint32_t code) {
  if (const uint32_t *text = expansionOf(data::kUpperExpansions, data::kUpperExpansionsCount, code))
    appendText(out, text);
  else
    appendUtf8(out, upperShift(code));
}

void appendLower(std::string &out, uint32_t code) {
  if (const uint32_t *text = expansionOf(data::kLowerExpansions, data::kLowerExpansionsCount, code))
    appendText(out, text);
  else
    appendUtf8(out, lowerShift(code));
}

void appendTitle(std::string &out, uint32_t code) {
  if (const uint32_t *text = expansionOf(data::kTitleForms, data::kTitleFormsCount, code))
    appendText(out, text);
  else
    appendUpper(out, code);
}

bool hasUpper(uint32_t code) { return upperShift(code) != code || expansionOf(data::kUpperExpansions, data::kUpperExpansionsCount, code); }

bool hasLower(uint32_t code) { return lowerShift(code) != code || expansionOf(data::kLowerExpansions, data::kLowerExpansionsCount, code); }

bool isCased(uint32_t code) { return contains(data::kCased, data::kCasedCount, code); }
bool isCaseIgnorable(uint32_t code) { return contains(data::kCaseIgnorable, data::kCaseIgnorableCount, code); }

} // namespace attune::tokenizer
