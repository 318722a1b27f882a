#include "ui/models/run_model.h"

#include "ui/widgets/number_text.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace attune::ui {

namespace {

QString text(const std::string &utf8) { return QString::fromStdString(utf8); }

template <typename Columns> void cutAfter(Columns &columns, double step) {
  const auto keep = static_cast<size_t>(std::upper_bound(columns.step.begin(), columns.step.end(), step) - columns.step.begin());
  for (auto *column : columns.all()) column->resize(keep);
}

} // namespace

void RunModel::apply(const std::vector<api::RunEvent> &events) {
  const api::RunState before = m_state;
  const bool wasFinished = m_finished.has_value();
  const int firstLine = static_cast<int>(m_log.size());
  for (const api::RunEvent &event : events) applyOne(event);
  Q_EMIT changed();
  if (m_log.size() > firstLine) Q_EMIT logGrew(firstLine);
  if (m_state != before || m_finished.has_value() != wasFinished) Q_EMIT stateChanged();
}

void RunModel::takeBack(qint64 afterStep) {
  const auto step = static_cast<double>(afterStep);
  cutAfter(m_steps, step);
  cutAfter(m_evals, step);
  m_tokens = m_steps.tokens.empty() ? 0 : m_steps.tokens.back();
  m_marks.erase(std::remove_if(m_marks.begin(), m_marks.end(), [step](const RunMark &mark) { return mark.step > step; }), m_marks.end());
  m_samples.erase(
      std::remove_if(m_samples.begin(), m_samples.end(), [afterStep](const RunSample &sample) { return sample.step > afterStep; }),
      m_samples.end());
  m_startStep = afterStep;
}

void RunModel::addLog(const api::RunEvent &event, const QString &line) {
  const QDateTime when = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(event.time * 1000));
  m_log.append(when.toString(QStringLiteral("HH:mm:ss  ")) + line);
}

void RunModel::applyOne(const api::RunEvent &event) {
  if (const auto *e = std::get_if<api::StepMetrics>(&event.body)) {
    m_tokens += static_cast<double>(e->tokens);
    m_steps.step.push_back(static_cast<double>(e->step));
    m_steps.time.push_back(event.time);
    m_steps.tokens.push_back(m_tokens);
    m_steps.loss.push_back(e->loss);
    m_steps.lr.push_back(e->lr);
    m_steps.gradNorm.push_back(e->gradNorm);
    m_steps.tokensPerSecond.push_back(e->tokensPerSecond);
    const auto memory = e->memory.deviceBytes ? e->memory.deviceBytes : e->memory.hostBytes;
    m_steps.memory.push_back(memory ? static_cast<double>(*memory) : std::nan(""));
    addLog(event, tr("Step %1: loss %2, %3 tokens/s")
                      .arg(countText(e->step), numberText(e->loss), countText(static_cast<qint64>(e->tokensPerSecond))));
  } else if (const auto *started = std::get_if<api::RunStarted>(&event.body)) {
    m_totalSteps = started->totalSteps;
    m_finished.reset();
    m_state = api::RunState::Training;
    addLog(event, tr("Started on %1, %2 steps").arg(text(started->device), countText(started->totalSteps)));
  } else if (const auto *eval = std::get_if<api::EvalResult>(&event.body)) {
    m_evals.step.push_back(static_cast<double>(eval->step));
    m_evals.time.push_back(event.time);
    m_evals.tokens.push_back(m_tokens);
    m_evals.loss.push_back(eval->loss);
    addLog(event, tr("Validation at step %1: loss %2").arg(countText(eval->step), numberText(eval->loss)));
  } else if (const auto *checkpoint = std::get_if<api::CheckpointSaved>(&event.body)) {
    m_marks.push_back(
        {RunMark::Kind::Checkpoint, static_cast<double>(checkpoint->step), tr("Checkpoint at step %1").arg(countText(checkpoint->step))});
    addLog(event, m_marks.back().text);
  } else if (const auto *state = std::get_if<api::StateChanged>(&event.body)) {
    if (state->state == api::RunState::Paused)
      m_marks.push_back({RunMark::Kind::Pause, static_cast<double>(step()), tr("Paused at step %1").arg(countText(step()))});
    m_state = state->state;
  } else if (const auto *setting = std::get_if<api::SettingChanged>(&event.body)) {
    m_marks.push_back({RunMark::Kind::Setting, static_cast<double>(setting->step),
                       tr("%1 changed from %2 to %3").arg(text(setting->key), text(setting->from), text(setting->to))});
    addLog(event, m_marks.back().text);
  } else if (const auto *retry = std::get_if<api::MemoryRetry>(&event.body)) {
    m_marks.push_back(
        {RunMark::Kind::Retry, static_cast<double>(retry->step),
         tr("Out of memory: batches of %1 now, %2 accumulated").arg(countText(retry->batchSize), countText(retry->accumulation))});
    addLog(event, m_marks.back().text);
  } else if (const auto *sample = std::get_if<api::SampleAnswer>(&event.body)) {
    m_samples.push_back({sample->step, text(sample->prompt), text(sample->text)});
  } else if (const auto *warning = std::get_if<api::RunWarning>(&event.body)) {
    addLog(event, tr("Note: %1").arg(text(warning->message)));
  } else if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) {
    takeBack(resumed->fromStep);
    m_marks.push_back(
        {RunMark::Kind::Resume, static_cast<double>(resumed->fromStep), tr("Resumed from step %1").arg(countText(resumed->fromStep))});
    addLog(event, m_marks.back().text);
  } else if (const auto *finished = std::get_if<api::RunFinished>(&event.body)) {
    m_finished = *finished;
    if (finished->error)
      addLog(event, tr("Failed: %1").arg(text(finished->error->message)));
    else if (finished->outcome == api::RunOutcome::Completed)
      addLog(event, tr("Completed at step %1").arg(countText(finished->step)));
    else
      addLog(event, tr("Stopped at step %1").arg(countText(finished->step)));
  }
}

double RunModel::secondsLeft() const {
  const size_t count = m_steps.step.size();
  if (m_finished || m_totalSteps <= 0 || count < 3) return -1;
  const size_t from = count > 20 ? count - 20 : 0;
  const double steps = m_steps.step.back() - m_steps.step[from];
  const double seconds = m_steps.time.back() - m_steps.time[from];
  if (steps <= 0 || seconds < 0) return -1;
  return (static_cast<double>(m_totalSteps) - m_steps.step.back()) * seconds / steps;
}

} // namespace attune::ui
