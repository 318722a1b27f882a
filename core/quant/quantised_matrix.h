// A quantised matrix of the decoder [out, in]: one or more modules below each other (q, k and v), each quantised by itself.
// Immutable and shared. Decoded whole into a tensor of the compute type, or a few rows at a time for products of few rows.
#pragma once

#include "core/quant/quantised_module.h"

#include <memory>
#include <vector>

namespace attune::core {

class QuantisedMatrix {
public:
  struct Part {
    std::shared_ptr<QuantisedModule> module;
    int64_t rowBegin = 0;
    /// The module's row of each of ours where the order differs; null = the same.
    std::shared_ptr<const std::vector<int64_t>> storedRows;
  };

  explicit QuantisedMatrix(std::vector<Part> parts);

  int64_t rows() const { return m_rows; }
  int64_t columns() const { return m_parts.front().module->columns(); }
  const std::vector<Part> &parts() const { return m_parts; }
  int64_t codeBytes() const;
  int64_t stateBytes() const;

  /// All of it as a tensor of `type` on the codes' device.
  Tensor dense(at::ScalarType type) const;
  /// x [N, in] . thisᵀ in x's type for the few rows of decoding: weights go from codes through the first-level cache, never
  /// through memory. False = not for these tensors (nothing done).
  bool smallProduct(const Tensor &x, Tensor &out) const;

private:
  bool rowProduct(const Tensor &x, Tensor &out) const;

  std::vector<Part> m_parts;
  int64_t m_rows = 0;
};

} // namespace attune::core
