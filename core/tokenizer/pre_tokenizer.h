// Cuts text into the words that byte-pair merging works on, by the steps of a tokenizer file.
// Immutable after create; any thread.
#pragma once

#include "core/tokenizer/bpe_spec.h"
#include "core/tokenizer/split_pattern.h"

#include <functional>

namespace attune::tokenizer {

class PreTokenizer {
public:
  static Result<PreTokenizer> create(const std::vector<SplitStep> &steps, const std::string &where);

  /// Returns false to end the walk.
  using WordVisitor = std::function<bool(const std::vector<TextSpan> &words)>;

  /// Shows the non-empty pieces of text[range] in order, some thousands at a time. `words` is working memory.
  void split(std::string_view text, TextSpan range, std::vector<TextSpan> &words, const WordVisitor &visit) const;

private:
  struct Step {
    SplitStep spec;
    SplitPattern pattern;
  };
  struct Walk;
  bool walk(size_t step, TextSpan range, Walk &state) const;
  static void apply(const Step &step, std::string_view text, TextSpan range, std::vector<TextSpan> &out);
  std::vector<Step> m_steps;
};

} // namespace attune::tokenizer
