#include "core/backend/local_backend.h"

#include "core/base/clock.h"

#include <atomic>
#include <utility>

namespace attune::core {

namespace {

/// Passes events on and knows whether the run has been reported as finished.
class FinishWatch : public api::EventSink {
public:
  explicit FinishWatch(std::shared_ptr<api::EventSink> sink) : m_sink(std::move(sink)) {}

  void push(const api::RunEvent &event) override {
    m_seq = event.seq;
    m_finished = m_finished || std::holds_alternative<api::RunFinished>(event.body);
    m_sink->push(event);
  }
  /// run_finished for a run that did not get as far as to say so itself.
  void finishIfNeeded(api::RunOutcome outcome, const std::optional<Error> &error) {
    if (m_finished) return;
    api::RunFinished finished{outcome, 0, std::nullopt};
    if (error) finished.error = api::RunErrorInfo{errorCodeName(error->code), error->text(), error->hint};
    push({m_seq + 1, Clock::system().wall(), finished});
  }

private:
  std::shared_ptr<api::EventSink> m_sink;
  int64_t m_seq = 0;
  bool m_finished = false;
};

/// Shared by the handle and the job.
struct LocalRun {
  TrainingRequest request;
  StopSource stop;
  RunControl control;
  std::atomic<bool> finished{false};

  void requestStop() {
    stop.requestStop();
    control.requestStop();
  }
};

class LocalHandle : public api::RunHandle {
public:
  explicit LocalHandle(std::shared_ptr<LocalRun> run) : m_run(std::move(run)) {}
  std::string folder() const override { return m_run->request.run.folder; }
  void requestPause() override { m_run->control.requestPause(); }
  void requestResume() override { m_run->control.requestResume(); }
  void requestStop() override { m_run->requestStop(); }
  void requestCheckpoint() override { m_run->control.requestCheckpoint(); }
  bool finished() const override { return m_run->finished.load(); }

private:
  std::shared_ptr<LocalRun> m_run;
};

void runJob(LocalRun &run, FinishWatch &watch, const RunFunction &function) {
  if (run.stop.stopRequested()) { // stopped while it waited
    watch.finishIfNeeded(api::RunOutcome::Stopped, std::nullopt);
  } else {
    const auto result = function(run.request, watch, run.control);
    const bool interrupted = !result.ok() && result.error().code == ErrorCode::Interrupted;
    if (interrupted)
      watch.finishIfNeeded(api::RunOutcome::Stopped, std::nullopt);
    else if (!result.ok())
      watch.finishIfNeeded(api::RunOutcome::Failed, result.error());
    else
      watch.finishIfNeeded(result->outcome, result->error);
  }
  run.finished.store(true);
}

} // namespace

Result<std::shared_ptr<api::RunHandle>> LocalBackend::start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) {
  if (!sink) return Error{ErrorCode::Internal, "A run needs somewhere to send its events.", "", "", {}};
  auto run = std::make_shared<LocalRun>();
  run->request.run = request;
  run->request.stop = run->stop.token();
  auto watch = std::make_shared<FinishWatch>(sink);
  Job job;
  job.run = [run, watch, function = m_run] { runJob(*run, *watch, function); };
  job.failed = [run, watch](const char *what) {
    watch->finishIfNeeded(api::RunOutcome::Failed,
                          Error{ErrorCode::Internal, std::string("Attune made a mistake: ") + what + ".", "", "", {}});
    run->finished.store(true);
  };
  job.onShutdown = [run] { run->requestStop(); };
  job.onWaiting = [sink] { sink->push({0, Clock::system().wall(), api::StateChanged{api::RunState::Waiting}}); };
  m_thread.add(std::move(job));
  return std::shared_ptr<api::RunHandle>(std::make_shared<LocalHandle>(run));
}

} // namespace attune::core
