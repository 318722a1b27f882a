// Whether libtorch's fused attention is of use on a device, found by trial and never by the device's name: right against our sliced
// one on the host, and without the whole matrix of scores in memory, which it falls back to silently (core-facts §5.9).
// Remembered for the next process. Job thread; some tenths of a second a question.
#pragma once

#include "core/base/result.h"
#include "core/nn/attention_choice.h"

#include <functional>
#include <string>

namespace attune::core {

struct AttentionShape {
  at::ScalarType type = at::kFloat;
  int64_t headDim = 0;
  bool grouped = false; // fewer heads of keys than of queries
};

/// A fused attention: q, k, v, the segments -> the mixture, differentiable.
using FusedAttention = std::function<Tensor(const Tensor &, const Tensor &, const Tensor &, const AttentionSpec &)>;

/// Why `fused` is of no use for this shape on this device; empty = it is right, and lean where memory can be watched. OutOfMemory
/// where the trial found no room.
Result<std::string> tryFusedAttention(const FusedAttention &fused, const AttentionShape &shape, const at::Device &device);

/// The same for libtorch's own, tried once a device and shape.
std::string problemWithFusedAttention(const AttentionShape &shape, const at::Device &device);

} // namespace attune::core
