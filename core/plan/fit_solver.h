// "Make it fit": finds the mildest change of settings whose forecast fits a budget. No tensors; any thread.
#pragma once

#include "core/plan/memory_planner.h"

namespace attune::core {

/// One setting changed, values as JSON text; `qualityCost` says what the change does to the result.
struct FitChange {
  std::string key;
  std::string from;
  std::string to;
  std::string why;
  std::string qualityCost;
};

struct FitResult {
  bool fits = false;
  api::RunConfig config; // as changed; the input when nothing fits
  MemoryForecast forecast;
  std::vector<FitChange> changes;
};

/// Tries in this order: smaller batches with as many more accumulated (the same updates), checkpointing (slower), shorter
/// rows (loses text). With `search` off only `auto` checkpointing is decided and the forecast compared with the budget.
FitResult fitIntoMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t budget,
                        bool search);

} // namespace attune::core
