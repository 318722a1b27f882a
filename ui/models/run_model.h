// One run as the window knows it: its history, grown by batches of events or set at once, and the words for it. GUI thread.
// Widgets read it and hear of growth through changed(); they never write it.
#pragma once

#include "ui/models/run_history.h"

#include <QObject>
#include <QString>

namespace attune::ui {

class RunModel : public QObject {
  Q_OBJECT

public:
  explicit RunModel(QString folder, QObject *parent = nullptr) : QObject(parent), m_folder(std::move(folder)) {}

  void apply(const std::vector<api::RunEvent> &events);
  void replace(RunHistory history);

  QString folder() const { return m_folder; }
  const StepColumns &steps() const { return m_history.steps; }
  const EvalColumns &evals() const { return m_history.evals; }
  const std::vector<RunMark> &marks() const { return m_history.marks; }
  const std::vector<api::SampleAnswer> &samples() const { return m_history.samples; }
  api::RunState state() const { return m_history.state; }
  const std::optional<api::RunFinished> &finished() const { return m_history.finished; }
  qint64 step() const { return steps().step.empty() ? m_history.startStep : static_cast<qint64>(steps().step.back()); }
  /// The device it computes on, and the most memory of it that was taken so far; empty and 0 before it began.
  const std::string &device() const { return m_history.device; }
  qint64 peakBytes() const { return m_history.peakBytes; }
  qint64 totalSteps() const { return m_history.totalSteps; }
  /// Seconds until the end at the pace of the last steps; negative when unknown.
  double secondsLeft() const;

  size_t logSize() const { return m_history.log.size(); }
  /// A line of the log in the language of the program, made anew at each call.
  QString logLine(size_t line) const;
  QString markText(const RunMark &mark) const;

Q_SIGNALS:
  void changed();
  void stateChanged();

private:
  QString settingText(const api::SettingChanged &setting) const;
  QString eventText(const api::RunEvent &event, qint64 step) const;

  QString m_folder;
  RunHistory m_history;
};

} // namespace attune::ui
