#include "core/plan/start_check.h"

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

std::string changesText(const FitResult &fitted) {
  std::string text;
  for (const FitChange &change : fitted.changes) text += (text.empty() ? "" : ", ") + change.key + " " + change.to;
  return text;
}

std::string outOfMemoryAdvice(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  const int64_t needed = forecastMemory(model, config, context).needed(context.computeOnHost);
  const FitResult fitted = fitIntoMemory(model, config, context, needed / 4 * 3, true);
  return fitted.fits && !fitted.changes.empty()
             ? "Close other programs, or start anew with less: " + changesText(fitted) + " take a quarter less (attune plan --fit)."
             : "Close other programs, or take a smaller model, a quantised base or another method: the settings leave nothing to save.";
}

Result<StartPlan> planStart(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t budget) {
  const FitResult plain = fitIntoMemory(model, config, context, budget, false);
  if (!context.computeOnHost && context.hostBudget > 0 && plain.forecast.hostPeakBytes > context.hostBudget)
    return Error{ErrorCode::DoesNotFit,
                 "The run needs about " + bytesText(plain.forecast.hostPeakBytes) + " of the host's memory, and " +
                     bytesText(context.hostBudget) + " is free.",
                 "",
                 config.offload.layers ? "Take optimizer adafactor or sgd with clip_norm 0, or a smaller model." : "Close other programs.",
                 {}};
  if (plain.fits) return StartPlan{plain.config, plain.forecast};
  const FitResult fitted = fitIntoMemory(model, config, context, budget, true);
  std::string hint = "No smaller batch, checkpointing or length makes it fit: take a smaller model or another method.";
  if (fitted.fits) hint = "These settings fit: " + changesText(fitted) + ".";
  return Error{ErrorCode::DoesNotFit,
               "The run needs about " + bytesText(plain.forecast.needed(context.computeOnHost)) + " of memory, and " + bytesText(budget) +
                   " may be used.",
               config.memoryCapBytes > 0 ? "memory_cap_bytes" : "",
               hint,
               {}};
}

Status checkHostBeside(const MemoryForecast &forecast, int64_t freeBytes) {
  if (forecast.hostPeakBytes <= freeBytes) return {};
  return Error{ErrorCode::DoesNotFit,
               "The run needs about " + bytesText(forecast.hostPeakBytes) + " of the host's memory beside the card, and " +
                   bytesText(freeBytes) + " are free.",
               "",
               "Close other programs, ask for a job with more memory, or set offload to none.",
               {}};
}

} // namespace attune::core
