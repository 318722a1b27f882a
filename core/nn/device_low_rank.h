// LoRA's skinny products on an accelerator, at the speed of its memory where a library's take several times as long. False (and
// nothing done) as in core/nn/device_kernels.h. The same sums in the same order at each call.
#pragma once

#include "core/nn/tensor.h"

#include <vector>

namespace attune::core::device {

/// Where an adapter's part lies in the products of all on one weight: the weight's rows, and its ranks among those of all.
struct AdapterPlace {
  int64_t row = 0, rows = 0, rank = 0, ranks = 0;
  double scale = 1.0;
};

/// gradA [R, in] and gradB [rows, R] of up to four adapters -> fp32: all of gradA, then each one's own part of gradB scaled.
bool adapterGradients(const Tensor &gradA, const Tensor &gradB, const std::vector<AdapterPlace> &places, Tensor &gradients);

/// Backward of adapters of one rank (8, 16, 24 or 32; R of all up to 64), 16-bit, grad [N, rows] and x [N, in] read once each:
/// back [N, R] = grad . scaledB [R, rows]ᵀ, and as above the gradients backᵀ . x and gradᵀ . reduced [N, R].
bool adapterBackward(const Tensor &grad, const Tensor &x, const Tensor &reduced, const Tensor &scaledB,
                     const std::vector<AdapterPlace> &places, Tensor &back, Tensor &gradients);

} // namespace attune::core::device
