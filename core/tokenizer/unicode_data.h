// The generated Unicode tables (general categories of Unicode 16, scripts, normal forms, letter case).
// Constant data, any thread. Made by tests/parity/make_unicode_tables.py and make_case_tables.py; read them through
// unicode.h, normal_form.h and letter_case.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attune::tokenizer::data {

struct CodeRange {
  uint32_t first;
  uint32_t last;
};

/// `code` decomposes into `first second` (second 0: a singleton); composes = 1 when the pair also composes.
struct Decomposition {
  uint32_t code;
  uint32_t first;
  uint32_t second;
  uint32_t composes;
};

/// Marks whose combining class has rank `order`: only the order of the classes matters.
struct ClassRange {
  uint32_t first;
  uint32_t last;
  uint32_t order;
};

/// first, first + step, ..., last move by `delta` to their other case.
struct CaseShift {
  uint32_t first;
  uint32_t last;
  uint32_t step;
  int32_t delta;
};

/// A code point whose other case is up to three (0 behind the last).
struct CaseExpansion {
  uint32_t code;
  uint32_t text[3];
};

extern const uint32_t kCategoryRuns[];
extern const size_t kCategoryRunsCount;
extern const CodeRange kHan[], kHiragana[], kKatakana[], kSpaces[], kWordExtras[], kNumericExtras[];
extern const size_t kHanCount, kHiraganaCount, kKatakanaCount, kSpacesCount, kWordExtrasCount, kNumericExtrasCount;
extern const Decomposition kDecompositions[];
extern const size_t kDecompositionsCount;
/// Code point, length, and the code points of the whole compatibility decomposition, where that is not the canonical one.
extern const uint32_t kCompatibility[];
extern const size_t kCompatibilityCount;
extern const ClassRange kCombiningClasses[];
extern const size_t kCombiningClassesCount;
extern const CaseShift kUpperShifts[], kLowerShifts[];
extern const size_t kUpperShiftsCount, kLowerShiftsCount;
extern const CaseExpansion kUpperExpansions[], kLowerExpansions[], kTitleForms[];
extern const size_t kUpperExpansionsCount, kLowerExpansionsCount, kTitleFormsCount;
extern const CodeRange kCased[], kCaseIgnorable[];
extern const size_t kCasedCount, kCaseIgnorableCount;

} // namespace attune::tokenizer::data
