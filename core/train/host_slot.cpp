#include "core/train/host_slot.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"

#include <numeric>

namespace attune::core {

namespace {

/// body(elements, loops) with both of the type's own kind.
template <typename Body> auto withElements(void *data, at::ScalarType type, Body body) {
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  if (type == at::kBFloat16) return body(static_cast<kernels::Bf16 *>(data), loops.bf16);
  if (type == at::kHalf) return body(static_cast<kernels::Half *>(data), loops.fp16);
  return body(static_cast<float *>(data), loops.fp32);
}

} // namespace

bool loopsRead(const Tensor &tensor) {
  const auto type = tensor.scalar_type();
  return !plainKernelsForced() && tensor.is_cpu() && tensor.layout() == at::kStrided &&
         (type == at::kFloat || type == at::kBFloat16 || type == at::kHalf);
}

double sumOfSquaresOnHost(const Tensor &tensor) {
  constexpr int64_t kChunk = 1 << 16; // of its own sum, so that the result does not depend on the threads
  const Tensor whole = tensor.contiguous();
  const int64_t count = whole.numel();
  std::vector<double> sums(static_cast<size_t>((count + kChunk - 1) / kChunk));
  withElements(whole.data_ptr(), whole.scalar_type(), [&](auto *elements, const auto &loops) {
    parallelRanges(static_cast<int64_t>(sums.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk)
        sums[static_cast<size_t>(chunk)] = loops.sumOfSquares(elements + chunk * kChunk, std::min(kChunk, count - chunk * kChunk));
    });
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

bool HostSlot::serves(const UpdateSlot &slot) {
  const Tensor &weights = slot.parameter.tensor;
  return loopsRead(weights) && weights.is_contiguous() && loopsRead(weights.grad());
}

HostSlot::HostSlot(const UpdateSlot &slot, const UpdateTerms &terms)
    : m_whole(slot.parameter.tensor.grad().detach().contiguous()), m_weights{slot.parameter.tensor.data_ptr(),
                                                                             slot.parameter.tensor.scalar_type()},
      m_gradient{m_whole.data_ptr(), m_whole.scalar_type()},
      m_factor(m_gradient.type == at::kFloat ? 1.0F : static_cast<float>(terms.gradientFactor)),
      m_key(roundingKey(terms.seed, terms.updates, slot.parameter.name)) {}

void HostSlot::read(const Elements &from, float factor, int64_t offset, int64_t count, float *out) {
  withElements(from.data, from.type, [&](auto *elements, const auto &loops) { loops.read(elements + offset, factor, out, count); });
}

void HostSlot::writeWeights(const float *values, int64_t offset, int64_t count) const {
  withElements(m_weights.data, m_weights.type, [&](auto *elements, const auto &loops) {
    loops.roundByChance(values, elements + offset, count, offset, m_key.seed, m_key.stream);
  });
}

} // namespace attune::core
