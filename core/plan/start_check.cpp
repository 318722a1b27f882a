#include "core/plan/start_check.h"

#include "core/api/config_fields.h"
#include "core/io/adapter_config.h"

#include <algorithm>

namespace attune::core {

Result<api::RunConfig> withAdapterSettings(const api::RunConfig &config) {
  api::RunConfig result = config;
  if (config.method != api::Method::Lora || config.initAdapter.empty()) return result;
  ATTUNE_TRY(const io::AdapterConfig adapter, io::readAdapterConfig(config.initAdapter));
  result.lora.rank = adapter.lora.rank;
  for (const auto &pattern : adapter.ranks) result.lora.rank = std::max(result.lora.rank, pattern.second);
  result.lora.alpha = adapter.lora.alpha;
  result.lora.rslora = adapter.lora.rslora;
  result.lora.targets = adapter.lora.targets;
  return result;
}

std::string checkpointingNote(const api::RunConfig &config) {
  const api::Checkpointing asked = config.checkpointing;
  if (!config.offload.layers || asked == api::Checkpointing::Full || asked == api::Checkpointing::Auto) return {};
  return "checkpointing is full, not " + api::nameOf(asked) + ": layers that wait on the host (offload) are always computed again.";
}

namespace {

std::string textOf(const std::vector<api::FitChange> &changes) {
  std::string text;
  for (const api::FitChange &change : changes) text += (text.empty() ? "" : ", ") + change.key + " " + change.to;
  return text;
}

} // namespace

std::string changesText(const FitResult &fitted) { return textOf(fitted.changes); }

std::string leastText(const LeastFit &least, bool onHost) {
  std::string text = "The least that was found is " + bytesText(least.forecast.needed(onHost));
  if (!onHost) text += ", and on the host " + bytesText(least.forecast.hostPeakBytes);
  return text + (least.changes.empty() ? ", as typed." : ", with " + textOf(least.changes) + ".");
}

std::string outOfMemoryAdvice(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  const int64_t needed = forecastMemory(model, config, context).needed(context.computeOnHost);
  const FitResult fitted = fitIntoMemory(model, config, context, needed / 4 * 3, true);
  return fitted.fits && !fitted.changes.empty()
             ? "Close other programs, or start anew with less: " + changesText(fitted) + " take a quarter less (attune plan --fit)."
             : "Close other programs, or take a smaller model, a quantised base or another method: the settings leave nothing to save.";
}

Result<StartPlan> planStart(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context,
                            const MemoryBudget &budget) {
  const FitResult plain = fitIntoMemory(model, config, context, budget, false);
  if (plain.fits) return StartPlan{plain.config, plain.forecast};
  const FitResult fitted = fitIntoMemory(model, config, context, budget, true);
  const bool hostIsShort = plain.forecast.needed(context.computeOnHost) <= budget.compute;
  const int64_t needed = hostIsShort ? plain.forecast.hostPeakBytes : plain.forecast.needed(context.computeOnHost);
  std::string hint = "No settings make it fit: take a smaller model.";
  if (hostIsShort) hint = "No settings make it fit: close other programs, ask for a job with more memory, or take a smaller model.";
  if (fitted.fits) hint = "These settings fit: " + changesText(fitted) + ".";
  if (fitted.least) hint.append(" ").append(leastText(*fitted.least, context.computeOnHost)); // GCC 12 warns of " " + text
  return Error{ErrorCode::DoesNotFit,
               "The run needs about " + bytesText(needed) + (hostIsShort ? " of the host's memory, and " : " of memory, and ") +
                   bytesText(hostIsShort ? budget.besides : budget.compute) + " may be used.",
               config.memoryCapBytes > 0 && !hostIsShort ? "memory_cap_bytes" : "",
               hint,
               {}};
}

} // namespace attune::core
