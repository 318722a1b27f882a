// Keeps special tokens out of what users and rows wrote: which matches of a special token count. Pure, any thread.
#pragma once

#include "core/tokenizer/bpe_spec.h"

#include <algorithm>

namespace attune::tokenizer {

/// The first of the sorted spans that shares a byte with [begin, end), or null.
inline const TextSpan *touchedSpan(const std::vector<TextSpan> &spans, size_t begin, size_t end) {
  auto at = std::upper_bound(spans.begin(), spans.end(), begin, [](size_t value, const TextSpan &span) { return value < span.end; });
  while (at != spans.end() && at->begin == at->end) ++at;
  return at != spans.end() && at->begin < end ? &*at : nullptr;
}

/// For AddedTokens::split: special tokens that a user wrote are text, and a template's own ones survive beside them.
/// `original(begin, end)` is the caller's span of a span of the text at hand; null `written` protects nothing.
template <typename Original>
size_t refusedMatch(const AddedToken &token, size_t begin, size_t end, bool parseSpecial, const std::vector<TextSpan> *written,
                    const Original &original) {
  if (!token.special) return 0;
  if (!parseSpecial) return end;
  if (!written || written->empty()) return 0;
  const TextSpan span = original(begin, end);
  const TextSpan *const touched = touchedSpan(*written, span.begin, span.end);
  if (!touched) return 0;
  size_t resume = begin + 1;
  while (resume < end && original(begin, begin + 1).begin >= touched->begin && original(resume, resume + 1).begin < touched->end) ++resume;
  return resume;
}

} // namespace attune::tokenizer
