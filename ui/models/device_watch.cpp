#include "ui/models/device_watch.h"

#include "ui/widgets/number_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Devices)
};

} // namespace

DeviceWatch::DeviceWatch(EngineGate &gate, TaskRunner &tasks, QObject *parent) : QObject(parent), m_gate(gate), m_tasks(tasks) {
  connect(&m_gate, &EngineGate::deviceKnown, this, &DeviceWatch::look);
}

void DeviceWatch::look() {
  if (!m_gate.device() || m_busy) return;
  m_busy = true;
  m_asking = m_tasks.run(
      this, [engine = m_gate.engine()](StopToken) { return engine->devices(); },
      [this](std::vector<api::DeviceMemory> devices) {
        m_busy = false;
        m_devices = std::move(devices);
        Q_EMIT looked();
      });
}

const api::DeviceMemory *DeviceWatch::find(const std::string &setting) const {
  const std::string id = setting == "cuda" ? "cuda:0" : setting == "auto" && m_gate.device() ? m_gate.device()->id : setting;
  const auto found = std::find_if(m_devices.begin(), m_devices.end(), [&](const auto &device) { return device.id == id; });
  return found == m_devices.end() ? nullptr : &*found;
}

QString deviceName(const api::DeviceMemory &device) { return device.id == "cpu" ? Words::tr("CPU") : QString::fromStdString(device.name); }

QVector<DeviceChoice> deviceChoices(const DeviceWatch &watch, const std::string &set) {
  const api::DeviceMemory *best = watch.find("auto");
  QVector<DeviceChoice> choices = {
      {QStringLiteral("auto"), best ? Words::tr("Automatic: %1").arg(deviceName(*best)) : Words::tr("Automatic")}};
  for (const api::DeviceMemory &device : watch.devices()) {
    const bool alias = set == "cuda" && device.id == "cuda:0";
    const QString name =
        device.id == "cpu" ? deviceName(device) : deviceName(device) + QStringLiteral(" · ") + QString::fromStdString(device.id);
    choices.push_back(
        {QString::fromStdString(alias ? set : device.id),
         device.freeBytes < 0 ? name : Words::tr("%1 · %2 free", "device, its free memory").arg(name, bytesText(device.freeBytes))});
  }
  const QString wanted = QString::fromStdString(set);
  if (std::none_of(choices.begin(), choices.end(), [&](const auto &choice) { return choice.setting == wanted; }))
    choices.push_back({wanted, watch.devices().empty() ? wanted : Words::tr("%1 · not here", "device").arg(wanted)});
  return choices;
}

} // namespace attune::ui
