// api::Planner for this machine. Any thread; keeps the headers of the models it was asked about.
#pragma once

#include "core/api/planner.h"
#include "core/io/model_config.h"
#include "core/plan/plan_place.h"

#include <map>
#include <mutex>

namespace attune::core {

class LocalPlanner : public api::Planner {
public:
  LocalPlanner();
  Result<api::Forecast> forecast(const api::RunConfig &config) override;
  Result<api::FitProposal> fit(const api::RunConfig &config) override;
  Result<api::ChatForecast> forecastChat(const api::ChatDemand &demand) override;

private:
  Result<io::ModelConfig> modelConfig(const std::string &path);
  Result<PlanPlace> placeOf(const api::RunConfig &config, const io::ModelConfig &model);
  int64_t grown(const std::string &device, int64_t freeNow);

  int64_t m_bytesAtStart; // of this process, before any model
  std::mutex m_mutex;
  std::map<std::string, io::ModelConfig> m_models; // by path and time of change
  std::map<std::string, int64_t> m_mostFree;       // of each card, since this process began
};

} // namespace attune::core
