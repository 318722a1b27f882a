// One whole run, from settings to an adapter: reads and judges the data, checks memory and disk, loads the model, makes
// or reopens the run folder, trains, and writes the result. Job thread, blocking.
// Until run_started nothing is pushed and an Error is returned; afterwards exactly one run_finished ends the events.
#pragma once

#include "core/api/backend.h"
#include "core/base/stop_token.h"
#include "core/train/run_control.h"
#include "core/train/run_folder.h"

#include <functional>
#include <optional>
#include <string>

namespace attune::core {

struct TrainingRequest {
  api::RunRequest run;
  bool dryRun = false; // everything and two steps, but no folder and nothing kept
  StopToken stop;      // ends the reading of data early; training itself listens to RunControl
  /// Words about what is going on before the first event ("Loading the model"); may be empty.
  std::function<void(const std::string &)> progress;
  /// Told the run's folder as soon as the run is in it, before the first event; may be empty.
  std::function<void(const std::string &)> opened;
};

struct TrainingResult {
  api::RunOutcome outcome = api::RunOutcome::Completed;
  std::string folder; // the request's, or its numbered sibling
  int64_t step = 0;
  int64_t totalSteps = 0;
  PeakBytes forecast;
  PeakBytes measured;         // of a dry run
  double tokensPerSecond = 0; // of a dry run's second step
  int64_t epochTokens = 0;
  std::optional<Error> error; // when failed
};

Result<TrainingResult> runTraining(const TrainingRequest &request, api::EventSink &live, RunControl &control);

} // namespace attune::core
