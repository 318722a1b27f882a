#include "core/train/lr_schedule.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {
constexpr double kPi = 3.14159265358979323846;
}

double LrSchedule::at(int64_t update) const {
  if (update < warmupSteps) return base * (static_cast<double>(update) / static_cast<double>(std::max<int64_t>(1, warmupSteps)));
  const auto rest = static_cast<double>(std::max<int64_t>(1, totalSteps - warmupSteps));
  switch (kind) {
  case api::SchedulerKind::Constant: return base;
  case api::SchedulerKind::Linear: return base * std::max(0.0, static_cast<double>(totalSteps - update) / rest);
  case api::SchedulerKind::Cosine:
    return base * std::max(0.0, 0.5 * (1.0 + std::cos(kPi * (static_cast<double>(update - warmupSteps) / rest))));
  }
  return base;
}

LrSchedule makeLrSchedule(const api::RunConfig &config, int64_t totalSteps) {
  LrSchedule schedule;
  schedule.kind = config.scheduler.name;
  schedule.base = config.optimizer.lr;
  schedule.totalSteps = totalSteps;
  schedule.warmupSteps = config.scheduler.warmupSteps > 0
                             ? config.scheduler.warmupSteps
                             : static_cast<int64_t>(std::ceil(config.scheduler.warmupRatio * static_cast<double>(totalSteps)));
  return schedule;
}

int64_t totalStepsOf(const api::RunConfig &config, int64_t stepsPerEpoch) {
  if (config.maxSteps > 0) return config.maxSteps;
  constexpr int64_t kMost = int64_t(1) << 50;
  return config.epochs > kMost / std::max<int64_t>(1, stepsPerEpoch) ? kMost : config.epochs * stepsPerEpoch;
}

} // namespace attune::core
