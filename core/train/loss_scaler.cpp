#include "core/train/loss_scaler.h"

#include <algorithm>
#include <cstdio>

namespace attune::core {

void LossScaler::noteUpdate() {
  skippedInARow = 0;
  if (++goodSteps < kGrowthSteps) return;
  scale *= 2;
  goodSteps = 0;
}

Status LossScaler::noteSkip(int64_t step, double lr) {
  ++skippedSteps;
  ++skippedInARow;
  goodSteps = 0;
  const bool hopeless = scale <= kLeast || skippedInARow >= kMostInARow;
  scale = std::max(kLeast, scale / 2);
  if (!hopeless) return {};
  char rate[32];
  std::snprintf(rate, sizeof rate, "%g", lr);
  return Error{ErrorCode::NotFinite,
               "The gradients of step " + std::to_string(step) + " are not numbers in fp16 at any loss scale; " +
                   std::to_string(skippedInARow) + " steps in a row were skipped.",
               "",
               "Train in bf16 or fp32 (precision), whose range is wider; or lower optimizer.lr (it was " + std::string(rate) +
                   ") and resume from the last checkpoint.",
               {}};
}

} // namespace attune::core
