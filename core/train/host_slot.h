// A parameter in the host's memory and its gradient, whatever their types, as the optimizers' loops want them: fp32 stretches that are
// read, changed and written back, 16-bit weights by chance. Borrows the tensors; any thread of ours, stretches apart.
#pragma once

#include "core/train/update_rule.h"

namespace attune::core {

/// Whether our loops read this tensor: dense, on the host, in fp32, bf16 or fp16. Never where plain operators are forced.
bool loopsRead(const Tensor &tensor);

/// In fp64, so that no square overflows; loopsRead(tensor).
double sumOfSquaresOnHost(const Tensor &tensor);

class HostSlot {
public:
  /// Whether our loops can update it; it has a gradient.
  static bool serves(const UpdateSlot &slot);

  /// Copies a gradient that is not in one piece.
  HostSlot(const UpdateSlot &slot, const UpdateTerms &terms);

  /// Elements [offset, offset + count).
  void readGradient(int64_t offset, int64_t count, float *out) const { read(m_gradient, m_factor, offset, count, out); }
  void readWeights(int64_t offset, int64_t count, float *out) const { read(m_weights, 1.0F, offset, count, out); }
  void writeWeights(const float *values, int64_t offset, int64_t count) const;

private:
  struct Elements {
    void *data;
    at::ScalarType type;
  };
  static void read(const Elements &from, float factor, int64_t offset, int64_t count, float *out);

  Tensor m_whole; // the gradient
  Elements m_weights, m_gradient;
  float m_factor;
  RoundingKey m_key;
};

} // namespace attune::core
