// One run as the window knows it: its state and its columns of figures, grown by batches of events. GUI thread.
// Widgets read it and hear of growth through changed(); they never write it.
#pragma once

#include "core/api/run_event.h"

#include <QObject>
#include <QString>

#include <optional>
#include <vector>

namespace attune::ui {

/// One value a training step, columns of equal length.
struct StepColumns {
  std::vector<double> step, time, tokens, loss, lr, gradNorm, tokensPerSecond, memory;
  std::vector<std::vector<double> *> all() { return {&step, &time, &tokens, &loss, &lr, &gradNorm, &tokensPerSecond, &memory}; }
};

struct EvalColumns {
  std::vector<double> step, time, tokens, loss;
  std::vector<std::vector<double> *> all() { return {&step, &time, &tokens, &loss}; }
};

struct RunMark { // something that happened at a step
  enum class Kind { Checkpoint, Pause, Setting, Retry, Resume };
  Kind kind = Kind::Checkpoint;
  double step = 0;
  QString text;
};

struct RunSample {
  qint64 step = 0;
  QString prompt;
  QString answer;
};

class RunModel : public QObject {
  Q_OBJECT

public:
  explicit RunModel(QString folder, QObject *parent = nullptr) : QObject(parent), m_folder(std::move(folder)) {}

  void apply(const std::vector<api::RunEvent> &events);

  QString folder() const { return m_folder; }
  const StepColumns &steps() const { return m_steps; }
  const EvalColumns &evals() const { return m_evals; }
  const std::vector<RunMark> &marks() const { return m_marks; }
  const std::vector<RunSample> &samples() const { return m_samples; }
  const QStringList &log() const { return m_log; }
  api::RunState state() const { return m_state; }
  const std::optional<api::RunFinished> &finished() const { return m_finished; }
  qint64 step() const { return m_steps.step.empty() ? m_startStep : static_cast<qint64>(m_steps.step.back()); }
  qint64 totalSteps() const { return m_totalSteps; }
  /// Seconds until the end at the pace of the last steps; negative when unknown.
  double secondsLeft() const;

Q_SIGNALS:
  void changed();
  void stateChanged();
  void logGrew(int first);

private:
  void applyOne(const api::RunEvent &event);
  void takeBack(qint64 afterStep);
  void addLog(const api::RunEvent &event, const QString &text);

  QString m_folder;
  StepColumns m_steps;
  EvalColumns m_evals;
  std::vector<RunMark> m_marks;
  std::vector<RunSample> m_samples;
  QStringList m_log;
  api::RunState m_state = api::RunState::Loading;
  std::optional<api::RunFinished> m_finished;
  qint64 m_totalSteps = 0;
  qint64 m_startStep = 0;
  double m_tokens = 0;
};

} // namespace attune::ui
