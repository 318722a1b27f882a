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

/// Sequences of equal variant share their frequencies: 0 for all but long ones under dynamic and longrope scaling.
int64_t rotaryVariant(const io::RopeConfig &rope, int64_t length);

RotaryTables rotaryTables(const io::RopeConfig &rope, int64_t headDim, int64_t positions, const at::Device &device, int64_t variant = 0);

/// Rotates heads of x [N, heads, D] (may be a strided view, last dimension contiguous) by positions [N] int64.
/// Computed in fp32, returned in x's type, contiguous. Differentiable (backward rotates by the negative angle).
Tensor applyRotary(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved);

} // namespace attune::core
