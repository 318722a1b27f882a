#include "core/train/loss_guard.h"

#include <cmath>
#include <cstdio>

namespace attune::core {

namespace {

Error notFinite(const std::string &what, double lr) {
  char rate[32];
  std::snprintf(rate, sizeof rate, "%g", lr);
  return {ErrorCode::NotFinite, what, "",
          "Lower optimizer.lr (it was " + std::string(rate) +
              "), add warm-up steps, or set precision to fp32; then resume from the last checkpoint."};
}

} // namespace

Status checkFinite(double lossSum, double gradientNorm, int64_t step, double lr) {
  const bool lossIsBad = !std::isfinite(lossSum);
  if (!lossIsBad && std::isfinite(gradientNorm)) return {};
  return notFinite(std::string(lossIsBad ? "The loss" : "The gradient") + " of step " + std::to_string(step) +
                       " is not a number; the step was not applied.",
                   lr);
}

Status checkWeights(bool finite, int64_t step, double lr) {
  if (finite) return {};
  return notFinite("Step " + std::to_string(step) + " left weights that are not numbers; they are not saved.", lr);
}

} // namespace attune::core
