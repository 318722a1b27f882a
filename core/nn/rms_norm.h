// RMSNorm (Zhang & Sennrich 2019) in Llama's order: statistics in fp32, cast to x's type, then times weight.
#pragma once

#include "core/nn/tensor.h"

#include <utility>

namespace attune::core {

/// x [N, H], weight [H] -> [N, H]; with plusOne the factor is (1 + weight) in fp32 (Gemma). Differentiable in x and,
/// where weight requires it, in weight. Saves x and one fp32 per row. An fp32 x beside a 16-bit weight gives 16 bits.
Tensor rmsNorm(const Tensor &x, const Tensor &weight, double eps, bool plusOne = false);

/// residual + delta, and its norm, in one pass: returns {sum [N, H], norm(sum) [N, H]}. Differentiable. The sum has the residual's
/// type, which may be fp32 beside a 16-bit delta and weight. Without delta (undefined) the sum is the residual itself. Either way the
/// sum's two gradients are added before they are rounded, so that recomputing changes no bit.
std::pair<Tensor, Tensor> addRmsNorm(const Tensor &residual, const Tensor &delta, const Tensor &weight, double eps, bool plusOne = false);

} // namespace attune::core
