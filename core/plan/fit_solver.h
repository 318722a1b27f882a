// "Make it fit": the fastest settings whose forecast fits, among those that keep the most of what was asked. No tensors; any
// thread; some thousand forecasts, milliseconds.
#pragma once

#include "core/api/planner.h"
#include "core/plan/memory_planner.h"

#include <optional>

namespace attune::core {

/// What a run may take: of the memory that computes, and of the host's beside a card.
struct MemoryBudget {
  MemoryBudget(int64_t computing, int64_t host = INT64_MAX) : compute(computing), besides(host) {} // implicit: a CPU has one
  int64_t compute;
  int64_t besides;
};

bool fitsInto(const MemoryForecast &forecast, const PlanContext &context, const MemoryBudget &budget);

/// What came nearest where nothing fits: the smallest excess over the budgets.
struct LeastFit {
  MemoryForecast forecast;
  std::vector<api::FitChange> changes;
};

struct FitResult {
  bool fits = false;
  api::RunConfig config; // as changed; the input when nothing fits
  MemoryForecast forecast;
  std::vector<api::FitChange> changes;
  std::optional<LeastFit> least; // where it was searched, and nothing fits
  double tokensPerSecond = 0;    // 0 = not known
  int64_t forecasts = 0;         // that were made
};

/// What is given up, least first; the first of these that can be made to fit is taken:
///   1. nothing: the same numbers by batch and accumulation, recomputing, offload to the host (slower)
///   2. digits of the frozen base: int8, then nf4 (LoRA)
///   3. digits of the optimizer's states: adamw_8bit, then adafactor (full and freeze)
///   4. text: half the length, a quarter; each with 2 and 3 from the start
///   5. the method: LoRA for full and freeze, with 1 to 4 from the start, and down to 64 tokens
/// Within a step the fastest by the throughput forecast wins, the fewest changes among the equally fast. Nothing that validate()
/// refuses is proposed. With `search` off only `auto` checkpointing is decided and the forecast compared with the budget.
FitResult fitIntoMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const MemoryBudget &budget,
                        bool search);

/// The cheapest checkpointing that fits when the setting is `auto`; otherwise the setting itself.
api::Checkpointing resolveCheckpointing(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context,
                                        const MemoryBudget &budget);

} // namespace attune::core
