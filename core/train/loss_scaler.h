// Dynamic loss scaling of fp16 training by the rules of torch.amp.GradScaler: gradients are computed of the loss times a power
// of two, so that small ones survive fp16; it doubles after 2000 updates, and a step whose gradients overflow is skipped and
// halves it, never below 1. A value of the job thread, part of the checkpoint.
#pragma once

#include "core/base/result.h"

#include <cstdint>

namespace attune::core {

struct LossScaler {
  static constexpr double kFirst = 65536.0, kLeast = 1.0;
  static constexpr int64_t kGrowthSteps = 2000, kMostInARow = 20;

  double scale = kFirst;
  int64_t goodSteps = 0; // since the scale last changed
  int64_t skippedInARow = 0;
  int64_t skippedSteps = 0; // in the whole run

  void noteUpdate();
  /// Counts a step as skipped and halves the scale; NotFinite, with advice, when halving does not help: the scale was 1 already,
  /// or too many steps in a row were skipped.
  Status noteSkip(int64_t step, double lr);
};

} // namespace attune::core
