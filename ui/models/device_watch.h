// The devices of this machine and their memory as it was when somebody last looked. GUI thread; the question goes to a
// service thread, one at a time.
#pragma once

#include "ui/models/engine_gate.h"

#include <QString>

#include <string>
#include <vector>

namespace attune::ui {

class DeviceWatch : public QObject {
  Q_OBJECT

public:
  DeviceWatch(EngineGate &gate, TaskRunner &tasks, QObject *parent = nullptr);
  /// Asks the engine, if it is there and has answered the last question.
  void look();
  /// The host first; empty until the engine has answered.
  const std::vector<api::DeviceMemory> &devices() const { return m_devices; }
  /// Where a run with this setting of `device` computes; null for a device that is not here.
  const api::DeviceMemory *find(const std::string &setting) const;

Q_SIGNALS:
  void looked();

private:
  EngineGate &m_gate;
  TaskRunner &m_tasks;
  Task m_asking;
  bool m_busy = false;
  std::vector<api::DeviceMemory> m_devices;
};

/// A value of the setting `device` and how it is offered.
struct DeviceChoice {
  QString setting;
  QString text;
};

/// "NVIDIA H200", "CPU": a device as a caption names it.
QString deviceName(const api::DeviceMemory &device);
/// Automatic, every device with its free memory and, where it is none of these, the one that is set.
QVector<DeviceChoice> deviceChoices(const DeviceWatch &watch, const std::string &set);

} // namespace attune::ui
