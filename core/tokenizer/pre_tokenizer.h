// Cuts text into the words that byte-pair merging works on, by the steps of a tokenizer file.
// Immutable after create; any thread.
#pragma once

#include "core/tokenizer/bpe_spec.h"
#include "core/tokenizer/split_pattern.h"

namespace attune::tokenizer {

class PreTokenizer {
public:
  static Result<PreTokenizer> create(const std::vector<SplitStep> &steps, const std::string &where);

  /// Replaces `words` by the non-empty pieces of text[range] in order. `scratch` is working memory.
  void split(std::string_view text, TextSpan range, std::vector<TextSpan> &words, std::vector<TextSpan> &scratch) const;

private:
  struct Step {
    SplitStep spec;
    SplitPattern pattern;
  };
  static void apply(const Step &step, std::string_view text, TextSpan range, std::vector<TextSpan> &out);
  std::vector<Step> m_steps;
};

} // namespace attune::tokenizer
