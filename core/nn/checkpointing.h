// Gradient checkpointing (Chen et al. 2016): keeps a segment's input only and recomputes the segment in backward.
// Random numbers inside must be counter-based, so that the second run repeats the first. Job thread.
#pragma once

#include "core/nn/activation_offload.h"
#include "core/nn/tensor.h"

#include <functional>
#include <memory>
#include <vector>

namespace attune::core {

/// What is recomputed. `again`: for the gradients alone, so nobody reads the values of what it returns.
using Segment = std::function<Tensor(const Tensor &input, bool again)>;

/// Stands for values that nobody reads; takes no memory.
Tensor unread(at::IntArrayRef shape, const at::TensorOptions &options);

/// x + y for the gradients alone: the sum is not computed.
Tensor unreadSum(const Tensor &x, const Tensor &y);

/// segment(input), with gradients for input and for `parameters`, the tensors requiring grad that the segment uses.
/// The parameters get their gradients even where the input does not require one (the first layer above a frozen embedding).
/// With `offload` (of an accelerator) the input waits on the host meanwhile.
Tensor checkpointed(const Segment &segment, const Tensor &input, const std::vector<Tensor> &parameters,
                    const std::shared_ptr<ActivationOffload> &offload = nullptr);

} // namespace attune::core
