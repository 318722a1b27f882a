// Sliced attention by our CPU loops: the same contracts as core/nn/sliced_attention.h, which calls these where usesAttentionLoops
// says so. fp32 throughout; bf16 inputs are widened first.
#pragma once

#include "core/nn/sliced_attention.h"

namespace attune::core {

bool usesAttentionLoops(const Tensor &q, const Tensor &k, const Tensor &v);

SlicedResult loopForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec);

void loopBackward(const Tensor &grad, const Tensor &q, const Tensor &k, const Tensor &v, const SlicedResult &forward,
                  const AttentionSpec &spec, Tensor dq, Tensor dk, Tensor dv);

Tensor loopCached(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec);

} // namespace attune::core
