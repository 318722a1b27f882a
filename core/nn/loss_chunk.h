// How many rows' logits and feed-forward activations exist at once: what is computed by and the forecast counts by. No tensors.
#pragma once

#include <algorithm>
#include <cstdint>

namespace attune::core {

/// Rows of a feed-forward block at once where it is recomputed: enough to keep any device busy, and a long context takes no more.
inline constexpr int64_t kFeedForwardRows = 8192;

/// Rows of one chunk. On the CPU their logits take 100 MB in fp32, with a quantised head an eighth of that, as whoever quantises even
/// that is short of memory; an accelerator needs longer products to be busy.
inline int64_t lossChunkRows(int64_t vocab, bool onCard, bool quantisedHead) {
  const int64_t budget = (onCard ? int64_t{128} : quantisedHead ? int64_t{3} : int64_t{25}) * 1000 * 1000;
  return std::min<int64_t>(1024, std::max<int64_t>(64, budget / std::max<int64_t>(1, vocab) / 64 * 64));
}

/// Rows of a quantised head that are decoded at once: 4 MB of them in 16 bits, 64 MB on an accelerator.
inline int64_t headBlockRows(int64_t hidden, bool onCard) {
  const int64_t elements = (onCard ? int64_t{32} : int64_t{2}) << 20;
  return std::max<int64_t>(64, elements / std::max<int64_t>(1, hidden) / 64 * 64);
}

} // namespace attune::core
