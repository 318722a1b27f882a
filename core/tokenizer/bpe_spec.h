// What a BPE tokenizer is, whatever file it came from: filled by tokenizer_json, tekken and gguf_tokenizer, consumed by
// BpeTokenizer. Plain values, any thread.
#pragma once

#include "core/tokenizer/normal_form.h"
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

/// One step of the rewriting before that.
struct NormalizeStep {
  enum class Kind { Normalize, Prepend, PrependUnlessThere, ReplaceText, ReplacePattern, Strip, Lowercase } kind = Kind::Normalize;
  std::string from{};       // of the replacing kinds
  std::string to{};         // what they and the prepending kinds put in
  bool left = false;        // of Strip
  bool right = false;       // of Strip
  bool onlyAtStart = false; // of PrependUnlessThere: the start of the whole text, not of every part between special tokens
  NormalForm form{};        // of Normalize
};

/// Part of the pre-tokenizer: rewrites a piece, then cuts it; the next stage sees what that makes.
struct SplitStage {
  std::vector<NormalizeStep> prepare;
  std::vector<SplitStep> steps;
};

/// How the text of a piece is made from its vocabulary string.
struct PieceDecoding {
  std::vector<std::pair<std::string, std::string>> replacements;
  bool bytePieces = false;  // "<0x0A>" is a byte
  std::string startContent; // up to `startCount` of these are left out where a text begins
  size_t startCount = 0;
  std::string spaceSymbol; // a space, but nothing anywhere in the first piece (Metaspace)
};

struct BpeMerge {
  std::string left;
  std::string right;
};

struct BpeSpec {
  std::string where;                                       // the file, for messages
  bool byteLevel = true;                                   // vocabulary strings stand for bytes; else they are text
  std::vector<std::pair<std::string, TokenId>> vocabulary; // vocabulary strings
  std::vector<BpeMerge> merges;                            // by rank
  bool rankedByResult = false;                             // instead, a merge ranks as the id it makes (tiktoken)
  std::vector<AddedToken> addedTokens;
  std::vector<NormalizeStep> normalize; // before normalized added tokens are matched
  std::vector<SplitStage> stages{1};    // after that
  PieceDecoding decoding;               // of vocabulary strings that are text
  bool ignoreMerges = false;            // a word that is in the vocabulary wins over its merges
  bool byteFallback = false;
  bool fuseUnknown = false;
  std::string unknownToken; // empty: symbols without an id vanish, as in the originals
  TokenId bos = -1;
  TokenId eos = -1;
  bool addsBos = false;
  std::vector<TokenId> prefix; // of raw text, when that is more than the begin token
};

} // namespace attune::tokenizer
