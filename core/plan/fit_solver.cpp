#include "core/plan/fit_solver.h"

#include <algorithm>

namespace attune::core {

namespace {

constexpr int64_t kShortestRows = 64;

const char *nameOf(api::Checkpointing kind) {
  switch (kind) {
  case api::Checkpointing::Auto: return "\"auto\"";
  case api::Checkpointing::None: return "\"none\"";
  case api::Checkpointing::Full: return "\"full\"";
  case api::Checkpointing::Selective: return "\"selective\"";
  }
  return "\"auto\"";
}

/// Micro-batch sizes that keep the sequences of an update: the divisors of batch_size, largest first.
std::vector<int64_t> batchSizes(int64_t batch) {
  std::vector<int64_t> sizes;
  for (int64_t parts = 1; parts <= batch; ++parts) {
    if (batch % parts == 0) sizes.push_back(batch / parts);
  }
  return sizes;
}

std::vector<api::Checkpointing> checkpointings(api::Checkpointing wanted) {
  using api::Checkpointing;
  switch (wanted) {
  case Checkpointing::Full: return {Checkpointing::Full};
  case Checkpointing::Selective: return {Checkpointing::Selective, Checkpointing::Full};
  case Checkpointing::Auto:
  case Checkpointing::None: break;
  }
  return {Checkpointing::None, Checkpointing::Selective, Checkpointing::Full};
}

std::vector<FitChange> describe(const api::RunConfig &from, const api::RunConfig &to) {
  std::vector<FitChange> changes;
  const auto number = [](int64_t value) { return std::to_string(value); };
  if (from.batchSize != to.batchSize) {
    changes.push_back({"batch_size", number(from.batchSize), number(to.batchSize), "Fewer sequences at once keep fewer activations.",
                       "none: accumulation keeps the update the same"});
    changes.push_back(
        {"accumulation", number(from.accumulation), number(to.accumulation), "As many sequences as before go into each update.", "none"});
  }
  const bool wasAuto = from.checkpointing == api::Checkpointing::Auto;
  if (from.checkpointing != to.checkpointing && !(wasAuto && to.checkpointing == api::Checkpointing::None)) {
    changes.push_back({"checkpointing", nameOf(from.checkpointing), nameOf(to.checkpointing),
                       "Activations are computed again instead of kept.", "none: the same numbers, a slower step"});
  }
  if (from.maxLength != to.maxLength) {
    changes.push_back({"max_length", number(from.maxLength), number(to.maxLength), "Shorter sequences keep fewer activations.",
                       "rows longer than this lose their end, or are dropped"});
  }
  return changes;
}

} // namespace

FitResult fitIntoMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t budget,
                        bool search) {
  FitResult result;
  api::RunConfig trial = config;
  const auto attempt = [&] {
    result.forecast = forecastMemory(model, trial, context);
    result.fits = result.forecast.needed(context.computeOnHost) <= budget;
    return result.fits;
  };
  if (!search) {
    trial.checkpointing = resolveCheckpointing(model, config, context, budget);
    attempt();
    result.config = trial;
    return result;
  }
  const std::vector<int64_t> batches = batchSizes(std::min<int64_t>(std::max<int64_t>(config.batchSize, 1), 65536));
  for (int64_t length = config.maxLength;; length = std::max(kShortestRows, length / 2)) {
    for (const auto checkpointing : checkpointings(config.checkpointing)) {
      for (const int64_t batch : batches) {
        trial.maxLength = length;
        trial.checkpointing = checkpointing;
        trial.batchSize = batch;
        trial.accumulation = config.accumulation * (config.batchSize / batch);
        if (!attempt()) continue;
        result.config = trial;
        result.changes = describe(config, trial);
        return result;
      }
    }
    if (length <= kShortestRows) break;
  }
  trial = config;
  trial.checkpointing = resolveCheckpointing(model, config, context, budget);
  attempt();
  result.config = trial;
  return result;
}

} // namespace attune::core
