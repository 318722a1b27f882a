// Adapters in the form and type that products want, kept until the adapters change: for devices where a launch costs more than the
// work, and so renewed with few launches for all of them. Job thread; owned beside the slices.
#pragma once

#include "core/nn/linear.h"

#include <vector>

namespace attune::core {

class AdapterCopies {
public:
  AdapterCopies() = default;
  /// Makes the copies for these weights' slices, and tells the first slice of each (readyA, readyB).
  AdapterCopies(const std::vector<std::vector<LoraSlice> *> &weights, at::ScalarType type);
  /// After the adapters changed in place.
  void renew();

private:
  std::vector<Tensor> m_a, m_copyOfA;                    // of each slice
  std::vector<Tensor> m_transposedB, m_copyOfB, m_ranks; // m_ranks: whole rows of the copy, which are scaled
  std::vector<at::Scalar> m_scales;
};

} // namespace attune::core
