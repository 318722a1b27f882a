// The arithmetic of sliced attention without autograd: queries in blocks, keys only as far as the mask allows, the
// log-sum-exp kept, scores recomputed in backward. q [N, a, D]; k, v [N, kv, D]; strided views, last dimension contiguous.
#pragma once

#include "core/nn/attention.h"

namespace attune::core {

struct SlicedResult {
  Tensor out; // [N, a, D] contiguous
  Tensor lse; // [a, N] fp32 (double for double)
};

SlicedResult slicedForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec);

/// Writes the three gradients into dq, dk, dv (views of the inputs' shapes; every element is written).
void slicedBackward(const Tensor &grad, const Tensor &q, const Tensor &k, const Tensor &v, const SlicedResult &forward,
                    const AttentionSpec &spec, Tensor dq, Tensor dk, Tensor dv);

/// One softmax(q.kᵀ).v with q [T, a, D] at positions start.. and keys, values [kv, start + T, D]; no gradients.
Tensor slicedCached(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec);

} // namespace attune::core
