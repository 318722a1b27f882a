// A matrix of the decoder's products: a tensor, or a quantised one that is shared and never changes. A value; no thread of its own.
#pragma once

#include "core/nn/tensor.h"
#include "core/quant/quantised_matrix.h"

#include <memory>
#include <utility>

namespace attune::core {

class Weight {
public:
  Weight() = default;
  Weight(Tensor dense) : m_dense(std::move(dense)) {}
  Weight(std::shared_ptr<const QuantisedMatrix> quantised) : m_quantised(std::move(quantised)) {}

  bool defined() const { return m_dense.defined() || m_quantised; }
  /// Null for a dense one.
  const std::shared_ptr<const QuantisedMatrix> &quantised() const { return m_quantised; }
  /// Undefined for a quantised one.
  Tensor &dense() { return m_dense; }
  const Tensor &dense() const { return m_dense; }

private:
  Tensor m_dense;
  std::shared_ptr<const QuantisedMatrix> m_quantised;
};

} // namespace attune::core
