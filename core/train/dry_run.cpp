#include "core/train/dry_run.h"

#include "core/train/update_in_pass.h"

#include <algorithm>
#include <chrono>

namespace attune::core {

namespace {

constexpr int64_t kLookAt = 64; // windows

int64_t largestMicroBatch(const data::StepWindow &window) {
  size_t most = 0;
  for (const data::MicroBatch &batch : window.microBatches) most = std::max(most, batch.ids.size());
  return static_cast<int64_t>(most);
}

} // namespace

DryRunPace runDrySteps(TrainableModel &model, Optimizer &optimizer, const data::BatchPlan &plan, const api::RunConfig &config) {
  int64_t largest = 0, most = -1;
  for (int64_t step = 0; step < std::min(kLookAt, plan.stepsPerEpoch()); ++step) {
    const int64_t size = largestMicroBatch(plan.window(step));
    if (size > most) most = size, largest = step;
  }
  DryRunPace pace;
  const double lr = config.optimizer.lr;
  PassSeed seed{static_cast<uint64_t>(config.seed)};
  for (const int64_t step : {largest, int64_t(0)}) {
    const data::StepWindow window = plan.window(step);
    const auto begin = std::chrono::steady_clock::now();
    const double scale = 1.0 / static_cast<double>(std::max<int64_t>(1, window.trainedTokens));
    const bool atOnce = config.clipNorm == 0 && window.microBatches.size() == 1; // as in training
    for (const data::MicroBatch &batch : window.microBatches) passAndUpdate(model, atOnce ? &optimizer : nullptr, lr, batch, scale, seed);
    optimizer.gradientNorm(); // also waits for the device
    optimizer.step(lr);
    optimizer.clearGradients();
    model.parametersChanged();
    ++seed.step;
    pace = {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), window.tokens};
  }
  return pace;
}

} // namespace attune::core
