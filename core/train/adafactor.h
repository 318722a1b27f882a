// Adafactor (Shazeer & Stern 2018) at a fixed rate, without momentum: second moments of a matrix kept as those of its rows and
// columns, decay 1 - t^-0.8, each update clipped to a root mean square of 1. Equal to transformers' Adafactor with
// scale_parameter and relative_step off. Matrices that we pack into one keep moments and clipping of their own.
#pragma once

#include "core/train/update_rule.h"

namespace attune::core {

class Adafactor : public UpdateRule {
public:
  std::vector<StateSpec> stateOf(const NamedParameter &parameter) const override;
  void update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const override;

private:
  /// Rows [begin, end) of a parameter, which are a matrix or vector of their own.
  struct Part {
    int64_t number, begin, end;
  };
  static void updateVector(UpdateSlot &slot, const UpdateTerms &terms, double keep, const Part &part);
  static void updateMatrix(UpdateSlot &slot, const UpdateTerms &terms, double keep, const Part &part, UpdateProgress &progress);
};

/// Plain gradient descent: no state at all. Equal to torch.optim.SGD without momentum.
class Sgd : public UpdateRule {
public:
  std::vector<StateSpec> stateOf(const NamedParameter &) const override { return {}; }
  void update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const override;
};

} // namespace attune::core
