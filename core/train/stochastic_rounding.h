// 16-bit weights that train without an fp32 copy: a new value is rounded up or down by chance, in proportion to how near it lies
// to either side, so that updates smaller than half a step are right on average instead of lost (core-facts §4.4).
// The chance is counter-based: a function of seed, step, tensor and element alone. Host memory; the thread that updates.
#pragma once

#include "core/nn/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::core {

/// What the random numbers of one tensor's rounding depend on beside the element's place in it.
struct RoundingKey {
  uint64_t seed = 0;
  uint64_t stream = 0; // of tensor and step
};

RoundingKey roundingKey(uint64_t seed, int64_t step, const std::string &tensor);

/// target [n] (bf16 or fp16, on the CPU, contiguous) = values [n] (fp32) rounded by chance; `first` is the place of target[0] in
/// its tensor. What is not finite stays so.
void roundStochastically(Tensor target, const Tensor &values, const RoundingKey &key, int64_t first);

} // namespace attune::core
