#include "ui/models/run_history.h"

#include <algorithm>
#include <limits>

namespace attune::ui {

void StepColumns::cut(size_t size) {
  for (Column *column : {&step, &time, &tokens}) column->resize(size);
  for (Series *series : {&loss, &lr, &gradNorm, &tokensPerSecond, &memory}) series->resize(size);
}

void EvalColumns::cut(size_t size) {
  for (Column *column : {&step, &time, &tokens}) column->resize(size);
  loss.resize(size);
}

namespace {

template <typename Columns> void cutAfter(Columns &columns, double step) {
  columns.cut(static_cast<size_t>(std::upper_bound(columns.step.begin(), columns.step.end(), step) - columns.step.begin()));
}

} // namespace

/// Steps above the one that a resume goes on from no longer count; the log keeps its lines.
void RunHistory::takeBack(int64_t afterStep) {
  const auto step = static_cast<double>(afterStep);
  cutAfter(steps, step);
  cutAfter(evals, step);
  marks.erase(std::remove_if(marks.begin(), marks.end(), [step](const RunMark &mark) { return mark.step > step; }), marks.end());
  samples.erase(std::remove_if(samples.begin(), samples.end(), [afterStep](const auto &sample) { return sample.step > afterStep; }),
                samples.end());
  startStep = afterStep;
}

void RunHistory::mark(RunMark::Kind kind, int64_t step) { marks.push_back({kind, static_cast<double>(step), events.size() - 1}); }

void RunHistory::pushStep(const api::RunEvent &event, const api::StepMetrics &metrics) {
  const double before = steps.tokens.empty() ? 0 : steps.tokens.back();
  steps.tokens.push_back(std::max(before, static_cast<double>(metrics.tokens))); // counted since the run's start; an axis only grows
  steps.step.push_back(static_cast<double>(metrics.step));
  steps.time.push_back(event.time);
  steps.loss.push_back(metrics.loss);
  steps.lr.push_back(metrics.lr);
  steps.gradNorm.push_back(metrics.gradNorm);
  steps.tokensPerSecond.push_back(metrics.tokensPerSecond);
  const auto memory = metrics.memory.deviceBytes ? metrics.memory.deviceBytes : metrics.memory.hostBytes;
  const auto peak = metrics.memory.devicePeakBytes ? metrics.memory.devicePeakBytes : metrics.memory.hostPeakBytes;
  peakBytes = std::max({peakBytes, memory.value_or(0), peak.value_or(0)});
  steps.memory.push_back(memory ? static_cast<double>(*memory) : std::numeric_limits<double>::quiet_NaN());
  log.push_back({event.time, metrics.loss, metrics.step, static_cast<float>(metrics.tokensPerSecond)});
}

void RunHistory::push(const api::RunEvent &event) {
  lastSeq = std::max(lastSeq, event.seq);
  if (const auto *metrics = std::get_if<api::StepMetrics>(&event.body)) return pushStep(event, *metrics);
  events.push_back(event);
  bool logged = true;
  if (const auto *started = std::get_if<api::RunStarted>(&event.body)) {
    totalSteps = started->totalSteps;
    device = started->device;
    finished.reset();
    state = api::RunState::Training;
  } else if (const auto *eval = std::get_if<api::EvalResult>(&event.body)) {
    evals.step.push_back(static_cast<double>(eval->step));
    evals.time.push_back(event.time);
    evals.tokens.push_back(steps.tokens.empty() ? 0 : steps.tokens.back());
    evals.loss.push_back(eval->loss);
  } else if (const auto *checkpoint = std::get_if<api::CheckpointSaved>(&event.body)) {
    mark(RunMark::Kind::Checkpoint, checkpoint->step);
  } else if (const auto *changed = std::get_if<api::StateChanged>(&event.body)) {
    state = changed->state;
    if (state == api::RunState::Loading) finished.reset();
    logged = state == api::RunState::Paused;
    if (logged) mark(RunMark::Kind::Pause, steps.step.empty() ? startStep : static_cast<int64_t>(steps.step.back()));
  } else if (const auto *setting = std::get_if<api::SettingChanged>(&event.body)) {
    mark(RunMark::Kind::Setting, setting->step);
  } else if (const auto *retry = std::get_if<api::MemoryRetry>(&event.body)) {
    mark(RunMark::Kind::Retry, retry->step);
  } else if (const auto *warning = std::get_if<api::RunWarning>(&event.body); warning && warning->code == kStepSkipped) {
    mark(RunMark::Kind::Skip, steps.step.empty() ? startStep : static_cast<int64_t>(steps.step.back()));
  } else if (const auto *sample = std::get_if<api::SampleAnswer>(&event.body)) {
    samples.push_back(*sample);
    logged = false;
  } else if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) {
    takeBack(resumed->fromStep);
    mark(RunMark::Kind::Resume, resumed->fromStep);
  } else if (const auto *over = std::get_if<api::RunFinished>(&event.body)) {
    finished = *over;
  }
  if (logged) {
    const int64_t step = steps.step.empty() ? startStep : static_cast<int64_t>(steps.step.back());
    log.push_back({event.time, 0, step, 0, static_cast<uint32_t>(events.size() - 1)});
  }
}

} // namespace attune::ui
