#include "core/plan/start_check.h"

#include "core/device/host_info.h"

namespace attune::core {

int64_t hostBudget(const api::RunConfig &config) {
  return config.memoryCapBytes > 0 ? config.memoryCapBytes : hostInfo().availableBytes;
}

Result<StartPlan> planStart(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t budget) {
  const FitResult plain = fitIntoMemory(model, config, context, budget, false);
  if (plain.fits) return StartPlan{plain.config, plain.forecast};
  const FitResult fitted = fitIntoMemory(model, config, context, budget, true);
  std::string hint = "No smaller batch, checkpointing or length makes it fit: take a smaller model or another method.";
  if (fitted.fits) {
    hint = "These settings fit:";
    for (const FitChange &change : fitted.changes) hint += " " + change.key + " " + change.to + ",";
    hint.back() = '.';
  }
  return Error{ErrorCode::DoesNotFit,
               "The run needs about " + bytesText(plain.forecast.needed(context.computeOnHost)) + " of memory, and " + bytesText(budget) + " may be used.",
               "", hint, {}};
}

} // namespace attune::core
