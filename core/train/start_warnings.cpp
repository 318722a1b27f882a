#include "core/train/start_warnings.h"

#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/io/adapter_config.h"
#include "core/io/model_tensors.h"
#include "core/lora/lora_inject.h"
#include "core/train/lr_schedule.h"

#include <algorithm>

namespace attune::core {

namespace {

void add(std::vector<api::RunWarning> &all, const char *code, const std::string &message) { all.push_back({code, message}); }

/// Settings that differ from their default and that nothing reads.
void warnOfIdleSettings(const RunInputs &inputs, std::vector<api::RunWarning> &all) {
  const api::RunConfig &config = inputs.config;
  const auto idle = [&](const std::string &keys, const std::string &why) {
    add(all, "setting_ignored", "Without effect here: " + keys + ", because " + why + ".");
  };
  std::string others; // of another method
  for (const api::ConfigDifference &change : api::configDiff(api::RunConfig{}, config)) {
    const api::ConfigField *field = api::findConfigField(change.key);
    if (field && !api::fieldApplies(*field, config)) others += (others.empty() ? "" : ", ") + field->key;
  }
  if (!others.empty()) idle(others, "method is " + api::nameOf(config.method));
  if (config.scheduler.warmupSteps > 0 && config.scheduler.warmupRatio > 0)
    idle("scheduler.warmup_ratio", "scheduler.warmup_steps replaces it");
  if (config.earlyStopping.minDelta > 0 && config.earlyStopping.patience == 0)
    idle("early_stopping.min_delta", "early_stopping.patience is 0");
  if (config.evalSteps > 0 && inputs.validation.empty()) idle("eval_steps", "there are no validation rows");
}

/// The names of the modules that the run's targets mean, for comparison with those of an adapter.
bool targetsDiffer(const io::AdapterConfig &adapter, const RunInputs &inputs) {
  const auto family = familyOf(inputs.source->config());
  if (!adapter.knowsTargets || !family.ok()) return false;
  const std::vector<LinearModule> modules = linearModules(inputs.source->config(), **family);
  const auto chosen = selectTargets(modules, inputs.config.lora.targets);
  if (!chosen.ok()) return true;
  const auto promised = [&](const LinearModule &m) {
    const Result<bool> answer = adapter.promises(m.name);
    return answer.ok() && *answer;
  };
  return std::count_if(modules.begin(), modules.end(), promised) != static_cast<std::ptrdiff_t>(chosen->size()) ||
         !std::all_of(chosen->begin(), chosen->end(), promised);
}

void warnOfAdapter(const RunInputs &inputs, std::vector<api::RunWarning> &all) {
  if (inputs.config.initAdapter.empty()) return;
  const auto adapter = io::readAdapterConfig(inputs.config.initAdapter);
  if (!adapter.ok()) return; // it was read a moment ago
  const api::LoraConfig &asked = inputs.config.lora, &own = adapter->lora;
  std::string differing;
  const auto differs = [&](const std::string &what) { differing += (differing.empty() ? "" : ", ") + what; };
  if (asked.rank != own.rank) differs("lora.rank " + std::to_string(own.rank));
  if (asked.alpha != own.alpha) differs("lora.alpha " + api::numberText(own.alpha));
  if (asked.rslora != own.rslora) differs(std::string("lora.rslora ") + (own.rslora ? "true" : "false"));
  if (targetsDiffer(*adapter, inputs)) differs("its own lora.targets");
  if (!differing.empty())
    add(all, "adapter_settings", "The adapter of init_adapter keeps " + differing + "; the run's settings do not change that.");
}

} // namespace

std::vector<api::RunWarning> startWarnings(const RunInputs &inputs, int64_t totalSteps) {
  std::vector<api::RunWarning> all;
  warnOfIdleSettings(inputs, all);
  warnOfAdapter(inputs, all);
  const std::string surplus = io::surplusText(io::surplusTensors(*inputs.source));
  if (!surplus.empty()) add(all, "unused_tensors", surplus);
  const api::RunConfig &config = inputs.config;
  const int64_t context = inputs.source->config().context;
  if (context > 0 && config.maxLength > context) {
    add(all, "beyond_context",
        "max_length " + std::to_string(config.maxLength) + " is more than the " + std::to_string(context) +
            " tokens that the model knows; what lies beyond is learned badly.");
  }
  const int64_t warmup = makeLrSchedule(config, totalSteps).warmupSteps;
  if (warmup >= totalSteps) {
    add(all, "warmup_too_long",
        "The warm-up of " + std::to_string(warmup) + " steps is as long as the run of " + std::to_string(totalSteps) +
            ", so the learning rate never gets to its full value.");
  }
  return all;
}

} // namespace attune::core
