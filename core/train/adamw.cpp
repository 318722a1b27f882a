#include "core/train/adamw.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sqrt.h>

#include <cmath>

namespace attune::core {

std::vector<StateSpec> AdamW::stateOf(const NamedParameter &parameter) const {
  const std::vector<int64_t> shape = parameter.tensor.sizes().vec();
  return {{"exp_avg", at::kFloat, shape, true}, {"exp_avg_sq", at::kFloat, shape, false}};
}

AdamW::Corrections AdamW::corrections(int64_t updates) const {
  const auto count = static_cast<double>(updates);
  return {1.0 - std::pow(m_options.beta1, count), std::sqrt(1.0 - std::pow(m_options.beta2, count))};
}

void AdamW::updateMoments(const Group &group) const {
  at::_foreach_lerp_(group.means, group.gradients, 1.0 - m_options.beta1);
  at::_foreach_mul_(group.squares, m_options.beta2);
  at::_foreach_addcmul_(group.squares, group.gradients, group.gradients, 1.0 - m_options.beta2);
}

void AdamW::updateWeights(Group &group, const UpdateTerms &terms) const {
  const Corrections by = corrections(terms.updates);
  std::vector<Tensor> denominators = at::_foreach_sqrt(group.squares);
  at::_foreach_div_(denominators, by.square);
  at::_foreach_add_(denominators, m_options.eps);
  if (terms.decay != 0.0) at::_foreach_mul_(group.weights, 1.0 - terms.lr * terms.decay);
  at::_foreach_addcdiv_(group.weights, group.means, denominators, -(terms.lr / by.mean));
  for (WideSlice &slice : group.slices) slice.store();
}

void AdamW::update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const {
  // Slices gather until they fill one cache-sized group.
  Group group;
  int64_t gathered = 0;
  const auto flush = [&] {
    if (gathered == 0) return;
    progress.once([&] { updateMoments(group); });
    progress.once([&] { updateWeights(group, terms); });
    group = Group();
    gathered = 0;
  };
  for (UpdateSlot *slot : slots) {
    const Tensor &mean = slot->state[0], &square = slot->state[1];
    const int64_t most = sliceOf(mean);
    forSlices(mean.numel(), most, [&](int64_t offset, int64_t length) {
      if (gathered + length > most) flush();
      group.slices.emplace_back(*slot, terms, offset, length);
      group.weights.push_back(group.slices.back().values());
      group.gradients.push_back(wideGradient(*slot, terms, offset, length));
      group.means.push_back(stretchOf(mean, offset, length));
      group.squares.push_back(stretchOf(square, offset, length));
      gathered += length;
    });
  }
  flush();
}

} // namespace attune::core
