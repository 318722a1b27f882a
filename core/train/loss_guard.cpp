#include "core/train/loss_guard.h"

#include <cmath>
#include <cstdio>

namespace attune::core {

Status checkFinite(double lossSum, double gradientNorm, int64_t step, double lr) {
  const bool lossIsBad = !std::isfinite(lossSum);
  if (!lossIsBad && std::isfinite(gradientNorm)) return {};
  char rate[32];
  std::snprintf(rate, sizeof rate, "%g", lr);
  return Error{ErrorCode::NotFinite,
               std::string(lossIsBad ? "The loss" : "The gradient") + " of step " + std::to_string(step) +
                   " is not a number; the step was not applied.",
               "",
               "Lower optimizer.lr (it was " + std::string(rate) +
                   "), add warm-up steps, or set precision to fp32; then resume from the last checkpoint."};
}

} // namespace attune::core
