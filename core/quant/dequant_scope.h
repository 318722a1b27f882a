// Lets one decoding of a quantised matrix serve a recomputed forward pass and the backward pass behind it: while a scope is alive
// on a thread, what linear() decodes for its forward product is kept for its backward. Ends with the scope, whoever still asks.
#pragma once

#include "core/quant/quantised_matrix.h"

#include <memory>
#include <unordered_map>

namespace attune::core {

class DecodedMatrices {
public:
  /// Decodes, and keeps it.
  Tensor keep(const QuantisedMatrix &matrix, at::ScalarType type);
  /// What was kept, which is then forgotten; decoded anew where nothing was.
  Tensor take(const QuantisedMatrix &matrix, at::ScalarType type);
  void clear() { m_kept.clear(); }
  size_t size() const { return m_kept.size(); }

private:
  std::unordered_map<const QuantisedMatrix *, Tensor> m_kept;
};

class DequantScope {
public:
  DequantScope();
  ~DequantScope();
  DequantScope(const DequantScope &) = delete;
  DequantScope &operator=(const DequantScope &) = delete;

  /// Of the innermost scope on this thread; null outside of one.
  static std::shared_ptr<DecodedMatrices> current();

private:
  std::shared_ptr<DecodedMatrices> m_own, m_outer;
};

} // namespace attune::core
