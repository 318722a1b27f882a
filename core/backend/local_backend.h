// Runs in this process, on one job thread: a second run waits for the first. Consumer's thread; calls return at once.
// Every started request ends in exactly one run_finished at its sink, whatever happens.
#pragma once

#include "core/api/backend.h"
#include "core/backend/job_thread.h"
#include "core/train/run_training.h"

#include <functional>
#include <memory>

namespace attune::core {

/// The work of one run: runTraining, or a fake in tests.
using RunFunction = std::function<Result<TrainingResult>(const TrainingRequest &, api::EventSink &, RunControl &)>;

class LocalBackend : public api::Backend {
public:
  explicit LocalBackend(RunFunction run = runTraining) : m_run(std::move(run)) {}
  Result<std::shared_ptr<api::RunHandle>> start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override;

private:
  RunFunction m_run;
  JobThread m_thread; // last, so that it ends before what its jobs use
};

} // namespace attune::core
