// Whether a chat fits into what is free now, beside the run that goes: asks the planner off the GUI thread. GUI thread;
// one question at a time, a new one replaces it.
#pragma once

#include "ui/models/engine_gate.h"
#include "ui/models/run_center.h"

#include <optional>

namespace attune::ui {

class ChatFit : public QObject {
  Q_OBJECT

public:
  ChatFit(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QObject *parent = nullptr);
  /// `demand.running` is filled in here. decided() or failed() follows, unless cancelled.
  void ask(api::ChatDemand demand);
  void cancel();
  bool isAsking() const { return m_asking; }

Q_SIGNALS:
  void decided(const attune::api::ChatForecast &forecast);
  void failed(const QString &message);

private:
  RunCenter &m_runs;
  EngineGate &m_gate;
  TaskRunner &m_tasks;
  const Services &m_services;
  std::unique_ptr<QObject> m_question; // what waits for the engine
  Task m_forecasting;
  bool m_asking = false;
};

} // namespace attune::ui
