// AdamW with decoupled weight decay (Loshchilov & Hutter 2019), equal to torch.optim.AdamW, with moments in fp32 or in 8 bits
// (Dettmers et al. 2022: dynamic maps, a scale a block of 256, as bitsandbytes). Small tensors and embeddings keep fp32 moments.
#pragma once

#include "core/train/update_rule.h"

namespace attune::core {

class AdamW : public UpdateRule {
public:
  explicit AdamW(const api::OptimizerConfig &options) : m_options(options) {}
  std::vector<StateSpec> stateOf(const NamedParameter &parameter) const override;
  void update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const override;

protected:
  /// What the moments of the first updates are divided by: the mean, and the root of the squares.
  struct Corrections {
    double mean, square;
  };
  Corrections corrections(int64_t updates) const;
  const api::OptimizerConfig m_options;

private:
  /// Slices updated together, side by side.
  struct Group {
    std::vector<WideSlice> slices;
    std::vector<Tensor> weights, gradients, means, squares;
  };
  void updateMoments(const Group &group) const;
  void updateWeights(Group &group, const UpdateTerms &terms) const;
};

class AdamW8bit : public AdamW {
public:
  explicit AdamW8bit(const api::OptimizerConfig &options) : AdamW(options) {}
  std::vector<StateSpec> stateOf(const NamedParameter &parameter) const override;
  void update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const override;

private:
  void updateSlot(UpdateSlot &slot, const UpdateTerms &terms, UpdateProgress &progress) const;
  /// The same in one pass over memory; takes memory before it changes anything.
  void updateOnHost(UpdateSlot &slot, const UpdateTerms &terms) const;
};

} // namespace attune::core
