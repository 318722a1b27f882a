// Token embedding, and NEFTune (Jain et al. 2023): uniform noise on embeddings while training. Job thread.
#pragma once

#include "core/nn/weight.h"

#include <cstdint>
#include <vector>

namespace attune::core {

/// Rows `ids` [N] int64 of `table` [V, H], times `scale`; in `type` where the table is quantised. Differentiable in a dense one: the
/// gradient is dense [V, H], and zero for row `paddingId` (-1 = none), as in torch.nn.Embedding with a padding_idx.
Tensor embedTokens(const TokenTable &table, const Tensor &ids, double scale, at::ScalarType type, int64_t paddingId = -1);

/// Adds U(-1, 1) * alpha / sqrt(length * H) to rows [N, H], length being that of the row's own segment; the noise is
/// a function of `seed` and the element's place alone, the first row being number `firstRow`.
Tensor addNeftuneNoise(const Tensor &rows, const std::vector<int64_t> &segmentStarts, double alpha, uint64_t seed, int64_t firstRow = 0);

} // namespace attune::core
