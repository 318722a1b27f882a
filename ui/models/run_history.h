// What a run's events add up to: columns of figures, marks, answers, the records of its log, how it ended. A value without
// Qt: built on a service thread for a run on disk, grown on the GUI thread for a live one.
#pragma once

#include "core/api/event_sink.h"
#include "ui/models/series.h"

#include <optional>
#include <vector>

namespace attune::ui {

/// One value a training step, columns of equal length.
struct StepColumns {
  Column step, time, tokens;
  Series loss, lr, gradNorm, tokensPerSecond, memory;
  void cut(size_t size);
};

struct EvalColumns {
  Column step, time, tokens;
  Series loss;
  void cut(size_t size);
};

/// The code of a warning of core that an update was left out because its gradients were not finite.
inline constexpr const char *kStepSkipped = "step_skipped";

struct RunMark { // something that happened at a step
  enum class Kind { Checkpoint, Pause, Setting, Retry, Skip, Resume };
  Kind kind = Kind::Checkpoint;
  double step = 0;
  size_t event = 0; // its place in RunHistory::events
};

/// One line of the log before it is words: the figures of a step, or an event.
struct LogRecord {
  static constexpr uint32_t kStep = UINT32_MAX;
  double time = 0;
  double loss = 0;
  int64_t step = 0;
  float tokensPerSecond = 0;
  uint32_t event = kStep;
};

class RunHistory : public api::EventSink {
public:
  void push(const api::RunEvent &event) override;

  StepColumns steps;
  EvalColumns evals;
  std::vector<RunMark> marks;
  std::vector<api::SampleAnswer> samples;
  std::deque<LogRecord> log;
  std::deque<api::RunEvent> events; // all but the steps
  api::RunState state = api::RunState::Loading;
  std::optional<api::RunFinished> finished;
  int64_t totalSteps = 0;
  int64_t startStep = 0; // what a resume goes on from
  int64_t lastSeq = 0;
  std::string device;    // "cpu", "cuda:0"; empty before it began
  int64_t peakBytes = 0; // of the memory that computes, so far

private:
  void pushStep(const api::RunEvent &event, const api::StepMetrics &metrics);
  void mark(RunMark::Kind kind, int64_t step);
  void takeBack(int64_t afterStep);
};

} // namespace attune::ui
