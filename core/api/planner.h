// What a run will take and what makes it fit, as the form shows it. Implemented in core/plan; service threads, blocking
// for milliseconds (a model's header is read and kept).
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::api {

struct ForecastItem { // named as in CLI.md: weights, adapters, gradients, ...
  std::string name;
  int64_t bytes = 0;
};

struct Forecast {
  std::vector<ForecastItem> items; // of the memory that computes: the device's, on a CPU the host's
  int64_t neededBytes = 0;
  int64_t budgetBytes = 0;             // the cap of the settings, else what is free now
  std::vector<ForecastItem> hostItems; // beside a device; empty on a CPU
  int64_t hostNeededBytes = 0;
  int64_t hostBudgetBytes = 0;
  double tokensPerSecond = 0; // of training; 0 = not known for this device
  int64_t parameters = 0;
  int64_t trainedParameters = 0;
  std::string checkpointing; // what `auto` became
  bool fits() const { return neededBytes <= budgetBytes && hostNeededBytes <= hostBudgetBytes; }
};

struct FitChange { // one setting, values as JSON text
  std::string key;
  std::string from;
  std::string to;
  std::string why;               // what it saves
  std::string cost;              // what it does to the result and the speed
  bool rotatesOtherwise = false; // fewer rows side by side, whose longest decides their rotation: other numbers
};

/// The nearest that settings come where nothing fits.
struct LeastFit {
  int64_t neededBytes = 0;
  int64_t hostNeededBytes = 0; // beside a device
  std::vector<FitChange> changes;
};

struct FitProposal {
  bool fits = false;
  RunConfig config;
  Forecast forecast;
  std::vector<FitChange> changes;
  std::optional<LeastFit> least = {}; // where nothing fits
};

/// A model to talk with, beside what goes on already.
struct ChatDemand {
  std::string model;
  std::string adapter;              // may be empty
  int64_t answers = 1;              // that grow side by side, each with a cache of its own
  int64_t contextTokens = 0;        // of conversation and answer; 0 = 4,096, or the model's context where that is shorter
  std::optional<RunConfig> running; // the run that goes in this process
};

struct ChatForecast {
  std::vector<ForecastItem> items; // weights, adapters, cache, ...
  int64_t neededBytes = 0;
  int64_t freeBytes = 0;     // now, less what the run has still to take
  int64_t runBytes = 0;      // that the run has still to take
  int64_t contextTokens = 0; // of the demand, resolved
  int64_t fittingTokens = 0; // the longest context that fits, at most contextTokens; 0 = not even a short one
  bool fits() const { return neededBytes <= freeBytes; }
};

class Planner {
public:
  virtual ~Planner() = default;
  /// Errors of the model's header; the data are not read.
  virtual Result<Forecast> forecast(const RunConfig &config) = 0;
  /// The mildest change of settings that fits into what the forecast compares with.
  virtual Result<FitProposal> fit(const RunConfig &config) = 0;
  /// What loading and answering will take, and what is there for it. Errors of the model's header and the adapter's.
  virtual Result<ChatForecast> forecastChat(const ChatDemand &demand) = 0;
};

} // namespace attune::api
