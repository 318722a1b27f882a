// The learning rate of every update: warm-up, then constant, linear or cosine, with Hugging Face's formulas.
// Value type, any thread; counted in optimizer steps, never in micro-batches.
#pragma once

#include "core/api/run_config.h"

namespace attune::core {

struct LrSchedule {
  api::SchedulerKind kind = api::SchedulerKind::Constant;
  double base = 0.0;
  int64_t totalSteps = 0;
  int64_t warmupSteps = 0;

  /// The rate of update `update` (from 0). Warm-up: update / warm-up; linear and cosine would reach 0 at totalSteps.
  double at(int64_t update) const;
};

/// Warm-up is warmup_steps if above 0, else ceil(warmup_ratio * totalSteps).
LrSchedule makeLrSchedule(const api::RunConfig &config, int64_t totalSteps);

/// max_steps, or epochs times the steps of one.
int64_t totalStepsOf(const api::RunConfig &config, int64_t stepsPerEpoch);

} // namespace attune::core
