// How many tokens a second a run trains, from its settings, the model's shape and the device's measured rates. No tensors; any
// thread. An estimate: the work's arithmetic and memory traffic over rates that a large product and a copy reach.
#pragma once

#include "core/plan/memory_planner.h"

namespace attune::core {

/// Seconds that one micro-batch takes, and its share of the optimizer's. Without rates those of a usual machine are taken, so that
/// settings can still be compared with each other.
double secondsPerMicroBatch(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context);

/// 0 where the device's rates are not known.
double tokensPerSecond(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context);

} // namespace attune::core
