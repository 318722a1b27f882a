// Stops a run whose numbers went bad, before the update would spoil the weights. Job thread, no state.
#pragma once

#include "core/base/result.h"

#include <cstdint>

namespace attune::core {

/// NotFinite, with advice, when the loss or the gradients' norm of step `step` is NaN or infinite.
Status checkFinite(double lossSum, double gradientNorm, int64_t step, double lr);

} // namespace attune::core
