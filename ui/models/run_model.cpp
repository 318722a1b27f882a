#include "ui/models/run_model.h"

#include "ui/models/error_text.h"
#include "ui/models/field_text.h"
#include "ui/widgets/number_text.h"

#include <QDateTime>

namespace attune::ui {

namespace {

QString text(const std::string &utf8) { return QString::fromStdString(utf8); }

} // namespace

QString RunModel::settingText(const api::SettingChanged &setting) const {
  const api::ConfigField *field = api::findConfigField(setting.key);
  const auto value = [field](const std::string &json) { return field ? fieldValueText(*field, json) : text(json); };
  return tr("%1 changed from %2 to %3").arg(field ? fieldLabel(*field) : text(setting.key), value(setting.from), value(setting.to));
}

void RunModel::apply(const std::vector<api::RunEvent> &events) {
  const api::RunState before = state();
  const bool wasFinished = finished().has_value();
  for (const api::RunEvent &event : events) m_history.push(event);
  Q_EMIT changed();
  if (state() != before || finished().has_value() != wasFinished) Q_EMIT stateChanged();
}

void RunModel::replace(RunHistory history) {
  m_history = std::move(history);
  Q_EMIT changed();
  Q_EMIT stateChanged();
}

QString RunModel::logLine(size_t line) const {
  const LogRecord &record = m_history.log[line];
  const QDateTime when = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(record.time * 1000));
  const QString what = record.event != LogRecord::kStep ? eventText(m_history.events[record.event], record.step)
                                                        : tr("Step %1: loss %2, %3 tokens/s")
                                                              .arg(countText(record.step), numberText(record.loss),
                                                                   countText(static_cast<qint64>(record.tokensPerSecond)));
  return when.toString(QStringLiteral("HH:mm:ss  ")) + what;
}

QString RunModel::markText(const RunMark &mark) const { return eventText(m_history.events[mark.event], static_cast<qint64>(mark.step)); }

QString RunModel::eventText(const api::RunEvent &event, qint64 step) const {
  if (const auto *started = std::get_if<api::RunStarted>(&event.body))
    return tr("Started on %1, %2 steps").arg(text(started->device), countText(started->totalSteps));
  if (const auto *eval = std::get_if<api::EvalResult>(&event.body))
    return tr("Validation at step %1: loss %2").arg(countText(eval->step), numberText(eval->loss));
  if (const auto *checkpoint = std::get_if<api::CheckpointSaved>(&event.body))
    return tr("Checkpoint at step %1").arg(countText(checkpoint->step));
  if (std::holds_alternative<api::StateChanged>(event.body)) return tr("Paused at step %1").arg(countText(step));
  if (const auto *setting = std::get_if<api::SettingChanged>(&event.body)) return settingText(*setting);
  if (const auto *retry = std::get_if<api::MemoryRetry>(&event.body))
    return tr("Out of memory at step %1: goes on with batches of %2, %3 accumulated")
        .arg(countText(retry->step), countText(retry->batchSize), countText(retry->accumulation));
  if (const auto *warning = std::get_if<api::RunWarning>(&event.body))
    return warning->code == kStepSkipped ? tr("An update after step %1 was skipped: its gradients were not finite").arg(countText(step))
                                         : tr("Note: %1").arg(text(warning->message));
  if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) return tr("Resumed from step %1").arg(countText(resumed->fromStep));
  const auto *finished = std::get_if<api::RunFinished>(&event.body);
  if (!finished) return {};
  if (finished->error)
    return tr("Failed: %1").arg(errorText(finished->error->code, finished->error->message).replace(QLatin1Char('\n'), QLatin1Char(' ')));
  return finished->outcome == api::RunOutcome::Completed ? tr("Completed at step %1").arg(countText(finished->step))
                                                         : tr("Stopped at step %1").arg(countText(finished->step));
}

double RunModel::secondsLeft() const {
  const size_t count = steps().step.size();
  if (finished() || totalSteps() <= 0 || count < 3) return -1;
  const size_t from = count > 20 ? count - 20 : 0;
  const double done = steps().step.back() - steps().step[from];
  const double seconds = steps().time.back() - steps().time[from];
  if (done <= 0 || seconds < 0) return -1;
  return (static_cast<double>(totalSteps()) - steps().step.back()) * seconds / done;
}

} // namespace attune::ui
