// The frequencies of rotary position embedding under each scaling rule of Hugging Face. Pure functions.
#pragma once

#include "core/nn/rotary.h"

namespace attune::core {

/// fp32 [rotaryDims / 2] for sequences of a variant (rotaryVariant), without the attention factor.
Tensor rotaryFrequencies(const io::RopeConfig &rope, int64_t headDim, int64_t variant);

} // namespace attune::core
