// The gated activation of the decoder's feed-forward block, one pass forward and one backward.
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"

namespace attune::core {

/// gateUp [N, 2F] (gate first, then up) -> act(gate) * up [N, F]. Differentiable; saves only gateUp.
Tensor gatedActivation(const Tensor &gateUp, io::Activation activation);

/// The same, and its gradient for gateUp, without autograd.
Tensor gatedForward(const Tensor &gateUp, io::Activation activation);
Tensor gatedBackward(const Tensor &grad, const Tensor &gateUp, io::Activation activation);

} // namespace attune::core
