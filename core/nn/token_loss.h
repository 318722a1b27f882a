// Linear head and cross-entropy in chunks: the logits of all positions never exist at once (core-facts §5.2).
#pragma once

#include "core/nn/weight.h"

namespace attune::core {

struct TokenLossOptions {
  int64_t chunk = 0;    // rows at a time; 0 = chosen from the sizes
  double softcap = 0.0; // tanh cap on logits, 0 = none
};

/// Sum over m of -log softmax(hidden[m] . headᵀ)[targets[m]], fp32 scalar. hidden [M, H] are the labelled positions only,
/// head [V, H], targets [M] int64. Differentiable in hidden and, where it requires it, in a dense head; the gradient is computed
/// in the forward pass, so that backward only scales it. Of a quantised head one block of rows at a time is decoded.
Tensor linearCrossEntropySum(const Tensor &hidden, const TokenTable &head, const Tensor &targets, const TokenLossOptions &options = {});

} // namespace attune::core
