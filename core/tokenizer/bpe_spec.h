// What a byte-level BPE tokenizer is, whatever file it came from: filled by tokenizer_json and gguf_tokenizer,
// consumed by BpeTokenizer. Plain values, any thread.
#pragma once

#include "core/tokenizer/tokenizer.h"

#include <string>
#include <utility>
#include <vector>

namespace attune::tokenizer {

struct AddedToken {
  TokenId id = -1;
  std::string content;
  bool special = false;
  bool normalized = false; // matched after normalisation instead of before
  bool lstrip = false;     // takes the white space before it
  bool rstrip = false;
  bool singleWord = false;
  std::string where{}; // the file, for messages, when it is another than the tokenizer's
};

enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// One step of the pre-tokenizer.
struct SplitStep {
  enum class Kind { Pattern, Literal, Digits } kind = Kind::Pattern;
  std::string pattern; // of Pattern and Literal
  SplitBehavior behavior = SplitBehavior::Isolated;
  bool invert = false;
};

struct BpeMerge {
  std::string left;
  std::string right;
};

struct BpeSpec {
  std::string where;                                       // the file, for messages
  std::vector<std::pair<std::string, TokenId>> vocabulary; // byte-level strings
  std::vector<BpeMerge> merges;                            // by rank
  std::vector<AddedToken> addedTokens;
  std::vector<SplitStep> steps;
  bool addPrefixSpace = false;
  bool normalizeNfc = false;
  bool ignoreMerges = false; // a word that is in the vocabulary wins over its merges
  bool byteFallback = false;
  bool fuseUnknown = false;
  std::string unknownToken; // empty: symbols without an id vanish, as in the originals
  TokenId bos = -1;
  TokenId eos = -1;
  bool addsBos = false;
};

} // namespace attune::tokenizer
