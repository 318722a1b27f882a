// Stops a run whose numbers went bad, before the update would spoil the weights. Job thread, no state.
#pragma once

#include "core/base/result.h"

#include <cstdint>

namespace attune::core {

/// NotFinite, with advice, when the loss or the gradients' norm of step `step` is NaN or infinite.
Status checkFinite(double lossSum, double gradientNorm, int64_t step, double lr);
/// NotFinite when the update of step `step` left weights that are NaN or infinite: nothing of them may be kept.
Status checkWeights(bool finite, int64_t step, double lr);

} // namespace attune::core
