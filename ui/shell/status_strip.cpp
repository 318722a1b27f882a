#include "ui/shell/status_strip.h"

#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/memory_meter.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace attune::ui {

StatusStrip::StatusStrip(RunCenter &runs, EngineGate &gate, DeviceWatch &devices, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_gate(gate), m_devices(devices) {
  setFixedHeight(30);
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 0, 12, 0);
  layout->setSpacing(12);
  m_device = new Chip(this);
  m_device->setFocusPolicy(Qt::NoFocus);
  m_memoryName = makeLabel(TextRole::Caption, this);
  m_memory = new MemoryMeter(this);
  m_memoryText = makeLabel(TextRole::Caption, this);
  m_run = makeButton(ButtonKind::Quiet, this);
  m_done = new QProgressBar(this);
  m_done->setTextVisible(false);
  m_done->setFixedWidth(96);
  m_run->hide();
  m_done->hide();
  layout->addWidget(m_device);
  layout->addWidget(m_memoryName);
  layout->addWidget(m_memory);
  layout->addWidget(m_memoryText);
  layout->addStretch(1);
  layout->addWidget(m_done);
  layout->addWidget(m_run);
  connect(m_run, &QPushButton::clicked, this, [this] { Q_EMIT runClicked(m_runs.active()); });
  connect(&m_gate, &EngineGate::deviceKnown, this, &StatusStrip::showDevice);
  connect(&m_gate, &EngineGate::failed, this, &StatusStrip::showDevice);
  m_soon.setSingleShot(true);
  m_soon.setInterval(1000);
  connect(&m_soon, &QTimer::timeout, this, &StatusStrip::showRun);
  connect(&m_runs, &RunCenter::runChanged, this, [this] {
    if (!m_soon.isActive()) m_soon.start();
  });
  connect(&m_runs, &RunCenter::listChanged, this, &StatusStrip::showRun);
  m_look.setInterval(1000);
  connect(&m_look, &QTimer::timeout, this, [this] {
    if (isVisible()) m_devices.look();
  });
  connect(&m_devices, &DeviceWatch::looked, this, &StatusStrip::showMemory);
  m_look.start();
  onLanguage(this, [this] {
    m_memoryName->setText(tr("Memory"));
    m_memory->setAccessibleName(tr("Memory in use"));
    m_done->setAccessibleName(tr("Progress of the run"));
    showDevice();
    showMemory();
    showRun();
  });
}

void StatusStrip::showDevice() {
  if (m_gate.failure()) {
    m_device->setDot(Tone::Danger);
    m_device->setText(tr("Engine not loaded"));
    m_device->setToolTip(errorText(*m_gate.failure()));
    return;
  }
  if (!m_gate.device()) {
    m_device->setDot(Tone::Muted);
    m_device->setText(tr("Looking at this machine…"));
    return;
  }
  const api::DeviceFacts &device = *m_gate.device();
  m_device->setDot(Tone::Success);
  const QString memory = bytesText(device.memoryBytes), precision = QString::fromStdString(device.precision);
  m_device->setText(device.id == "cpu" ? tr("CPU · %n core(s) · %1 · %2", "", static_cast<int>(device.cores)).arg(memory, precision)
                                       : QStringLiteral("%1 · %2 · %3").arg(QString::fromStdString(device.name), memory, precision));
  m_device->setToolTip(QString::fromStdString(device.name));
}

/// Of the device that the going run computes on, else of the one that the next run would take.
void StatusStrip::showMemory() {
  const QString folder = m_runs.active();
  const RunModel *figures = folder.isEmpty() ? nullptr : m_runs.model(folder);
  const api::RunSummary *run = figures ? m_runs.find(folder) : nullptr;
  const api::DeviceMemory *device = figures ? m_devices.find(figures->device()) : nullptr;
  if (!device) device = m_devices.find("auto");
  const bool known = device && device->totalBytes > 0;
  for (QWidget *part : std::initializer_list<QWidget *>{m_memoryName, m_memory, m_memoryText}) part->setVisible(known);
  if (!known) return;
  const qint64 free = std::clamp<qint64>(device->freeBytes, 0, device->totalBytes), used = device->totalBytes - free;
  const qint64 own = std::clamp<qint64>(device->ownBytes, 0, used);
  const qint64 forecast = run ? run->forecastBytes : 0;
  const qint64 awaited = std::clamp<qint64>(forecast - own, 0, free);
  m_memory->setUse({device->totalBytes, own, used - own, forecast > 0 ? awaited : 0});
  m_memoryText->setText(tr("%1 of %2", "memory used of all").arg(bytesText(used), bytesText(device->totalBytes)));
  QStringList lines = {
      tr("%1: %2 of %3 in use", "a device's memory").arg(deviceName(*device), bytesText(used), bytesText(device->totalBytes)),
      device->ownBytes < 0 ? QString() : tr("Attune itself: %1").arg(bytesText(own)),
      device->ownBytes < 0 ? QString() : tr("Other programs and the system: %1").arg(bytesText(used - own))};
  if (forecast > 0) lines.append(tr("%1 is forecast to need %2 at most.").arg(QString::fromStdString(run->name), bytesText(forecast)));
  for (const api::DeviceMemory &other : m_devices.devices())
    if (other.id != device->id && other.totalBytes > 0)
      lines.append(tr("%1: %2 of %3 in use", "a device's memory")
                       .arg(deviceName(other), bytesText(other.totalBytes - other.freeBytes), bytesText(other.totalBytes)));
  lines.removeAll(QString());
  const QString all = lines.join(QLatin1Char('\n'));
  m_memory->setAccessibleDescription(all);
  for (QWidget *part : std::initializer_list<QWidget *>{m_memoryName, m_memory, m_memoryText}) part->setToolTip(all);
}

void StatusStrip::showRun() {
  const QString folder = m_runs.active();
  const api::RunSummary *run = folder.isEmpty() ? nullptr : m_runs.find(folder);
  m_run->setVisible(run != nullptr);
  m_done->setVisible(run != nullptr && run->totalSteps > 0);
  if (!run) return;
  m_done->setRange(0, static_cast<int>(run->totalSteps));
  m_done->setValue(static_cast<int>(run->step));
  m_run->setText(QString::fromStdString(run->name) + QStringLiteral(" · ") + progressText(*run, *m_runs.model(folder), m_runs.wish()));
}

void StatusStrip::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().color(Tone::Window));
  painter.fillRect(QRect(0, 0, width(), 1), theme().color(Tone::Line));
}

} // namespace attune::ui
