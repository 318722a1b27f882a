#include "core/quant/dequant_scope.h"

namespace attune::core {

namespace {
thread_local std::shared_ptr<DecodedMatrices> t_current;
}

Tensor DecodedMatrices::keep(const QuantisedMatrix &matrix, at::ScalarType type) {
  Tensor decoded = matrix.dense(type);
  m_kept[&matrix] = decoded;
  return decoded;
}

Tensor DecodedMatrices::take(const QuantisedMatrix &matrix, at::ScalarType type) {
  const auto found = m_kept.find(&matrix);
  if (found == m_kept.end() || found->second.scalar_type() != type) return matrix.dense(type);
  Tensor decoded = std::move(found->second);
  m_kept.erase(found);
  return decoded;
}

DequantScope::DequantScope() : m_own(std::make_shared<DecodedMatrices>()), m_outer(std::move(t_current)) { t_current = m_own; }

DequantScope::~DequantScope() {
  m_own->clear();
  t_current = std::move(m_outer);
}

std::shared_ptr<DecodedMatrices> DequantScope::current() { return t_current; }

} // namespace attune::core
