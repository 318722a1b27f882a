// The two products with an output head [V, H]. Of a quantised head one block of rows at a time is decoded, into the type of the
// hidden rows; nothing decoded is kept. No gradients here.
#pragma once

#include "core/nn/weight.h"

namespace attune::core {

inline int64_t tokensOf(const TokenTable &table) { return table.quantised() ? table.quantised()->rows() : table.dense().size(0); }

/// out [N, V] = x [N, H] . headᵀ, in x's type or fp32.
void headLogitsInto(Tensor out, const Tensor &x, const TokenTable &head);
/// out [N, H] = gradient [N, V] . head.
void headGradientInto(Tensor out, const Tensor &gradient, const TokenTable &head);
/// The logits as a new tensor of x's type.
Tensor headLogits(const Tensor &x, const TokenTable &head);

} // namespace attune::core
