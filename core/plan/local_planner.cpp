#include "core/plan/local_planner.h"

#include "core/api/config_fields.h"

#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/torch_guard.h"
#include "core/io/weight_source.h"
#include "core/lora/lora_file.h"
#include "core/lora/weight_changes.h"
#include "core/plan/chat_planner.h"
#include "core/plan/plan_place.h"
#include "core/plan/start_check.h"

#include <algorithm>
#include <filesystem>

namespace attune::core {

namespace {

std::string changeTime(const std::string &path) {
  std::error_code ignored;
  const std::string config = path + "/config.json";
  const bool folder = std::filesystem::is_directory(path, ignored);
  return std::to_string(std::filesystem::last_write_time(folder ? config : path, ignored).time_since_epoch().count());
}

api::Forecast forecastOf(const io::ModelConfig &model, const FitResult &result, const PlanPlace &place) {
  api::Forecast forecast;
  for (const MemoryItem &item : result.forecast.items)
    (item.host == place.context.computeOnHost ? forecast.items : forecast.hostItems).push_back({item.name, item.bytes});
  forecast.neededBytes = result.forecast.needed(place.context.computeOnHost);
  forecast.budgetBytes = place.budget.compute;
  forecast.tokensPerSecond = result.tokensPerSecond;
  if (!place.context.computeOnHost) {
    forecast.hostNeededBytes = result.forecast.hostPeakBytes;
    forecast.hostBudgetBytes = place.budget.besides;
  }
  forecast.parameters = model.parameterCount();
  forecast.trainedParameters = trainedParameters(model, result.config);
  forecast.checkpointing = api::nameOf(result.config.checkpointing);
  return forecast;
}

Status addAdapter(ChatSize &size, const std::string &path, const io::ModelConfig &model) {
  ATTUNE_TRY(const ModelFamily *family, familyOf(model));
  ATTUNE_TRY(const LoraAdapter adapter,
             readAdapter(path, linearModules(model, *family), wholeTensors(model, *family), AdapterParts::Shapes));
  for (const LoraModule &module : adapter.modules) size.adapterParameters += module.a.numel() + module.b.numel();
  size.ownBytes = changedBytes(adapter, model, *family, size.bf16 ? at::kBFloat16 : at::kFloat);
  return {};
}

} // namespace

LocalPlanner::LocalPlanner() : m_bytesAtStart(processMemory().residentBytes) {}

/// Bytes that this process has taken of a device's memory since it began: its run's, or what a chat left and either may take.
int64_t LocalPlanner::grown(const std::string &device, int64_t freeNow) {
  if (device == "cpu") return std::max<int64_t>(0, processMemory().residentBytes - m_bytesAtStart);
  const std::lock_guard<std::mutex> lock(m_mutex);
  int64_t &most = m_mostFree[device];
  most = std::max(most, freeNow);
  return most - freeNow;
}

Result<PlanPlace> LocalPlanner::placeOf(const api::RunConfig &config, const io::ModelConfig &model) {
  ATTUNE_TRY(const at::Device device, chooseDevice(config.device));
  ATTUNE_CHECK(computeTypeFor(config.precision, ComputePurpose::Train, device));
  grown(device.str(), describeDevice(device).freeBytes); // what is free before a run takes its share
  return placeOn(device, config, config.threads, model);
}

Result<io::ModelConfig> LocalPlanner::modelConfig(const std::string &path) {
  const std::string key = path + "\n" + changeTime(path);
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (const auto known = m_models.find(key); known != m_models.end()) return known->second;
  }
  ATTUNE_TRY(const auto source, io::openModel(path, true));
  const std::lock_guard<std::mutex> lock(m_mutex);
  if (m_models.size() > 64) m_models.clear();
  return m_models.emplace(key, source->config()).first->second;
}

Result<api::Forecast> LocalPlanner::forecast(const api::RunConfig &config) {
  ATTUNE_TRY(const io::ModelConfig model, modelConfig(config.model));
  ATTUNE_TRY(const api::RunConfig settings, withAdapterSettings(config));
  ATTUNE_TRY(const PlanPlace place, placeOf(config, model));
  return forecastOf(model, fitIntoMemory(model, settings, place.context, place.budget, false), place);
}

Result<api::FitProposal> LocalPlanner::fit(const api::RunConfig &config) {
  ATTUNE_TRY(const io::ModelConfig model, modelConfig(config.model));
  ATTUNE_TRY(const api::RunConfig settings, withAdapterSettings(config));
  ATTUNE_TRY(const PlanPlace place, placeOf(config, model));
  const FitResult result = fitIntoMemory(model, settings, place.context, place.budget, true);
  api::FitProposal proposal{result.fits, result.config, forecastOf(model, result, place), result.changes, std::nullopt};
  if (const auto &least = result.least) {
    const bool onHost = place.context.computeOnHost;
    proposal.least = {least->forecast.needed(onHost), onHost ? 0 : least->forecast.hostPeakBytes, least->changes};
  }
  return proposal;
}

Result<api::ChatForecast> LocalPlanner::forecastChat(const api::ChatDemand &demand) {
  ATTUNE_TRY(const io::ModelConfig model, modelConfig(demand.model));
  ChatSize size;
  size.answers = demand.answers;
  size.contextTokens = chatContext(model, demand.contextTokens);
  ATTUNE_TRY(const at::Device device, chooseDevice("auto")); // as openLocalChat does
  size.bf16 = autoComputeType(device) != at::kFloat;
  if (!demand.adapter.empty()) {
    ATTUNE_CHECK(guarded("Reading the adapter", [&] { return addAdapter(size, demand.adapter, model); }));
  }
  const int64_t free = describeDevice(device).freeBytes;
  int64_t runBytes = 0;
  if (demand.running) {
    ATTUNE_TRY(const at::Device its, chooseDevice(demand.running->device));
    if (its == device) {
      ATTUNE_TRY(const api::Forecast run, forecast(*demand.running));
      runBytes = std::max<int64_t>(0, run.neededBytes - grown(device.str(), free));
    }
  }
  api::ChatForecast judged = judgeChat(model, size, std::max<int64_t>(0, free - runBytes));
  judged.runBytes = runBytes;
  return judged;
}

} // namespace attune::core
