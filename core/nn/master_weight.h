// Mixed precision training: the product reads a copy in the compute type, the gradient arrives in fp32 at the master.
#pragma once

#include "core/nn/tensor.h"

namespace attune::core {

/// `copy` (same values as `master`, compute type) as a differentiable function of `master` (fp32, requires grad):
/// its gradient reaches the master as fp32 and is accumulated there.
Tensor throughMaster(const Tensor &master, const Tensor &copy);

} // namespace attune::core
