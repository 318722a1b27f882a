// Baichuan2's output head: every row of its matrix is scaled to length 1 before the product (NormHead).
#pragma once

#include "core/nn/tensor.h"

namespace attune::core {

/// head [V, H] with rows of length 1, reckoned in fp32 and rounded to its type once; rows of zeros stay. Differentiable,
/// with dW = (dŴ - ŵ(ŵ.dŴ)) / |w| a row. `made`: the result for these values where it is known already.
Tensor normaliseRows(const Tensor &head, const Tensor &made = {});

/// The same written over head; no gradients.
void normaliseRowsInPlace(Tensor head);

} // namespace attune::core
