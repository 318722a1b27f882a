#include "core/nn/adapter_copies.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_mul.h>

#include <algorithm>

namespace attune::core {

namespace {

/// [R, last row] of zeros: the place of all scale.bᵀ of a packed weight, each at its ranks and rows.
Tensor emptyTogether(const std::vector<LoraSlice> &slices, at::ScalarType type) {
  int64_t ranks = 0, rows = 0;
  for (const LoraSlice &slice : slices) ranks += slice.a.size(0), rows = std::max(rows, slice.rowEnd);
  return at::zeros({ranks, rows}, slices[0].b.options().dtype(type).requires_grad(false));
}

} // namespace

AdapterCopies::AdapterCopies(const std::vector<std::vector<LoraSlice> *> &weights, at::ScalarType type) {
  const at::NoGradGuard noGrad;
  for (std::vector<LoraSlice> *slices : weights) {
    if (slices->empty()) continue;
    LoraSlice &first = slices->front();
    first.readyB = emptyTogether(*slices, type);
    first.readyA = at::empty({first.readyB.size(0), first.a.size(1)}, first.readyB.options());
    int64_t rank = 0;
    for (const LoraSlice &slice : *slices) {
      const int64_t ranks = slice.a.size(0);
      m_a.push_back(slice.a.detach());
      m_copyOfA.push_back(first.readyA.narrow(0, rank, ranks));
      m_transposedB.push_back(slice.b.detach().t());
      m_ranks.push_back(first.readyB.narrow(0, rank, ranks));
      m_copyOfB.push_back(m_ranks.back().narrow(1, slice.rowBegin, slice.rowEnd - slice.rowBegin));
      m_scales.emplace_back(slice.scale);
      rank += ranks;
    }
  }
  renew();
}

void AdapterCopies::renew() {
  if (m_a.empty()) return;
  const at::NoGradGuard noGrad;
  at::_foreach_copy_(m_copyOfA, m_a);
  for (size_t i = 0; i < m_copyOfB.size(); ++i) m_copyOfB[i].copy_(m_transposedB[i]);
  at::_foreach_mul_(m_ranks, m_scales);
}

} // namespace attune::core
