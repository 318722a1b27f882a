// The generated Unicode tables (general categories of Unicode 16, scripts, canonical composition).
// Constant data, any thread. Made by tests/parity/make_unicode_tables.py; read them through unicode.h and nfc.h.
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

extern const uint32_t kCategoryRuns[];
extern const size_t kCategoryRunsCount;
extern const CodeRange kHan[], kHiragana[], kKatakana[], kSpaces[], kWordExtras[], kNumericExtras[];
extern const size_t kHanCount, kHiraganaCount, kKatakanaCount, kSpacesCount, kWordExtrasCount, kNumericExtrasCount;
extern const Decomposition kDecompositions[];
extern const size_t kDecompositionsCount;
extern const ClassRange kCombiningClasses[];
extern const size_t kCombiningClassesCount;

} // namespace attune::tokenizer::data
