// Rotary position embedding (Su et al. 2021) with the scaling variants of Hugging Face; half-rotation or interleaved.
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"

namespace attune::core {

/// cos and sin, each fp32 [positions, rotaryDims / 2], attention factor included.
struct RotaryTables {
  Tensor cos;
  Tensor sin;
};

RotaryTables rotaryTables(const io::RopeConfig &rope, int64_t headDim, int64_t positions, const at::Device &device);

/// Rotates heads of x [N, heads, D] (may be a strided view, last dimension contiguous) by positions [N] int64.
/// Computed in fp32, returned in x's type, contiguous. Differentiable (backward rotates by the negative angle).
Tensor applyRotary(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved);

} // namespace attune::core
