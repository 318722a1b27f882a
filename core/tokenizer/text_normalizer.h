// Rewrites a text before it is cut into words, by the normalizer steps of a tokenizer file. Immutable after create; any thread.
#pragma once

#include "core/tokenizer/bpe_spec.h"
#include "core/tokenizer/split_pattern.h"

namespace attune::tokenizer {

class TextNormalizer {
public:
  TextNormalizer() = default;
  static Result<TextNormalizer> create(const std::vector<NormalizeStep> &steps, const std::string &where);

  bool empty() const { return m_steps.empty(); }
  /// Puts the new text into `out` and returns true, or false when it would be `text` itself. `out` maps to the source bytes only
  /// if `mapped` asks for it. `atStart` says that `text` begins the whole text.
  bool apply(std::string_view text, bool atStart, bool mapped, MappedText &out) const;

private:
  struct Step {
    NormalizeStep spec;
    SplitPattern pattern; // of a Replace by a regular expression
  };
  struct Edit;
  static void rewrite(const Step &step, std::string_view text, bool atStart, Edit &edit);
  std::vector<Step> m_steps;
};

} // namespace attune::tokenizer
