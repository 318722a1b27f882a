// The engine as the pages see it: not yet, ready, or failed with a reason. Loads once, when somebody first asks.
// GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/services.h"

#include <functional>
#include <optional>
#include <vector>

namespace attune::ui {

class EngineGate : public QObject {
  Q_OBJECT

public:
  EngineGate(const Services &services, TaskRunner &tasks, QObject *parent = nullptr);
  /// Begins to load; harmless when it has begun.
  void load();
  /// Runs `use` once the engine is there; at once when it is already.
  void whenReady(QObject *context, std::function<void(api::Engine &)> use);
  api::Engine *engine() const { return m_engine; }
  const std::optional<Error> &failure() const { return m_failure; }
  const std::optional<api::DeviceFacts> &device() const { return m_device; }

Q_SIGNALS:
  void ready();
  void failed();
  void deviceKnown();

private:
  const Services &m_services;
  TaskRunner &m_tasks;
  Task m_loading;
  bool m_asked = false;
  api::Engine *m_engine = nullptr;
  std::optional<Error> m_failure;
  std::optional<api::DeviceFacts> m_device;
};

} // namespace attune::ui
