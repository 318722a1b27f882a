// A matrix of the decoder: a tensor, or a quantised one that is shared and never changes. A value; no thread of its own.
#pragma once

#include "core/nn/tensor.h"
#include "core/quant/int8.h"
#include "core/quant/quantised_matrix.h"

#include <memory>
#include <utility>

namespace attune::core {

template <class Quantised> class TensorOr {
public:
  TensorOr() = default;
  TensorOr(Tensor dense) : m_dense(std::move(dense)) {}
  TensorOr(std::shared_ptr<const Quantised> quantised) : m_quantised(std::move(quantised)) {}

  bool defined() const { return m_dense.defined() || m_quantised; }
  /// Null for a dense one.
  const std::shared_ptr<const Quantised> &quantised() const { return m_quantised; }
  /// Undefined for a quantised one.
  Tensor &dense() { return m_dense; }
  const Tensor &dense() const { return m_dense; }

private:
  Tensor m_dense;
  std::shared_ptr<const Quantised> m_quantised;
};

using Weight = TensorOr<QuantisedMatrix>; // of a linear layer
using TokenTable = TensorOr<Int8Module>;  // a row a token [V, H]: the embedding, the head

} // namespace attune::core
