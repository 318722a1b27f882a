// Two optimizer steps that nobody keeps, to see that settings run and what they take. Job thread; libtorch's errors are thrown.
#pragma once

#include "core/data/data_loader.h"
#include "core/model/trainable_model.h"
#include "core/train/optimizer.h"

namespace attune::core {

struct DryRunPace {
  double seconds = 0; // of the second step
  int64_t tokens = 0;
};

/// First the largest of the plan's first windows, for the peak, then its first, for the pace.
DryRunPace runDrySteps(TrainableModel &model, Optimizer &optimizer, const data::BatchPlan &plan, const api::RunConfig &config);

} // namespace attune::core
