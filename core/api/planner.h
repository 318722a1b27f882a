// What a run will take and what makes it fit, as the form shows it. Implemented in core/plan; service threads, blocking
// for milliseconds (a model's header is read and kept).
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::api {

struct ForecastItem { // named as in CLI.md: weights, adapters, gradients, ...
  std::string name;
  int64_t bytes = 0;
};

struct Forecast {
  std::vector<ForecastItem> items; // of the memory that is short: the device's, on a CPU the host's
  int64_t neededBytes = 0;
  int64_t budgetBytes = 0; // the cap of the settings, else what is free now
  int64_t parameters = 0;
  int64_t trainedParameters = 0;
  std::string checkpointing; // what `auto` became
  bool fits() const { return neededBytes <= budgetBytes; }
};

struct FitChange { // one setting, values as JSON text
  std::string key;
  std::string from;
  std::string to;
};

struct FitProposal {
  bool fits = false;
  RunConfig config;
  Forecast forecast;
  std::vector<FitChange> changes;
};

class Planner {
public:
  virtual ~Planner() = default;
  /// Errors of the model's header; the data are not read.
  virtual Result<Forecast> forecast(const RunConfig &config) = 0;
  /// The mildest change of settings that fits into what the forecast compares with.
  virtual Result<FitProposal> fit(const RunConfig &config) = 0;
};

} // namespace attune::api
