// The check before a run starts: does it fit into the memory there is? Decides `auto` checkpointing on the way.
// No tensors; any thread.
#pragma once

#include "core/base/result.h"
#include "core/plan/fit_solver.h"

#include <string>

namespace attune::core {

/// With init_adapter, the adapter's own rank, alpha and targets, which count instead of the run's; errors of
/// readAdapterConfig. Any other config as it is.
Result<api::RunConfig> withAdapterSettings(const api::RunConfig &config);

/// What to tell of a `checkpointing` that cannot be followed; empty = it is.
std::string checkpointingNote(const api::RunConfig &config);

struct StartPlan {
  api::RunConfig config; // checkpointing decided
  MemoryForecast forecast;
};

/// "batch_size 2, accumulation 8, checkpointing full": what `fitted` changed, to be read in a sentence.
std::string changesText(const FitResult &fitted);

/// "with batch_size 1, quantization "nf4" it would take 3.1 GiB": the least that was found where nothing fits.
std::string leastText(const LeastFit &least, bool onHost);

/// What to do when a run ran out of memory although its forecast of `context` fitted: settings that take a quarter less. `config` with
/// the settings of its adapter.
std::string outOfMemoryAdvice(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context);

/// DoesNotFit when the forecast exceeds `budget`, the card's or the host's; the hint names the settings that would fit. `config` with the
/// settings of its adapter.
Result<StartPlan> planStart(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context,
                            const MemoryBudget &budget);

} // namespace attune::core
