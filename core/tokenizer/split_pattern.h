// Finds the pieces of a text by a pre-tokenizer pattern: by a hand-written scanner when the pattern is one of the
// well-known ones, else by PCRE2. Immutable after compile; any thread.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tokenizer {

struct PatternMatch {
  TextSpan span;
  bool isMatch;
};

class SplitPattern {
public:
  /// `useScanner` false forces PCRE2 (for tests). UnsupportedFormat or MalformedFile name the construct.
  static Result<SplitPattern> compile(const std::string &pattern, const std::string &where, bool useScanner = true);

  /// True when the scanner runs: its matches then cover the text without gaps.
  bool tiles() const { return m_scanner != nullptr; }
  /// Appends the pieces of text[range], matched and unmatched, in order; the pattern sees only that range.
  void split(std::string_view text, TextSpan range, std::vector<PatternMatch> &out) const;
  /// Where the first match in text[range] ends, of a pattern that tiles.
  size_t tileEnd(std::string_view text, TextSpan range) const {
    return range.begin + m_scanner(text.data() + range.begin, text.data() + range.end);
  }

private:
  struct Compiled;
  using Scanner = size_t (*)(const char *at, const char *end);
  std::shared_ptr<const Compiled> m_compiled;
  Scanner m_scanner = nullptr;
};

/// The patterns that have a scanner, by their model family, as tokenizer.json files write them.
const char *gpt2Pattern();
const char *llama3Pattern();
const char *qwen2Pattern();

} // namespace attune::tokenizer
