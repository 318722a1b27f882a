#include "ui/shell/status_strip.h"

#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QFile>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>

#include <unistd.h>

namespace attune::ui {

namespace {

struct MachineMemory {
  qint64 total = 0;
  qint64 used = 0;
  qint64 mine = 0; // this process
};

/// From the kernel's figures, which cost microseconds to read.
MachineMemory machineMemory() {
  QFile file(QStringLiteral("/proc/meminfo"));
  MachineMemory memory;
  qint64 available = 0;
  if (!file.open(QIODevice::ReadOnly)) return memory;
  for (const QByteArray &line : file.readAll().split('\n')) {
    const auto value = [&line] { return line.mid(line.indexOf(':') + 1).simplified().split(' ').first().toLongLong() * 1024; };
    if (line.startsWith("MemTotal:")) memory.total = value();
    if (line.startsWith("MemAvailable:")) available = value();
  }
  memory.used = memory.total - available;
  QFile own(QStringLiteral("/proc/self/statm")); // in pages: all, resident, ...
  if (own.open(QIODevice::ReadOnly)) memory.mine = own.readAll().split(' ').value(1).toLongLong() * sysconf(_SC_PAGESIZE);
  return memory;
}

} // namespace

StatusStrip::StatusStrip(RunCenter &runs, EngineGate &gate, QWidget *parent) : QWidget(parent), m_runs(runs), m_gate(gate) {
  setFixedHeight(30);
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 0, 12, 0);
  layout->setSpacing(12);
  m_device = new Chip(this);
  m_device->setFocusPolicy(Qt::NoFocus);
  m_memoryName = makeLabel(TextRole::Caption, this);
  m_memory = new QProgressBar(this);
  m_memory->setTextVisible(false);
  m_memory->setFixedWidth(120);
  m_memory->setRange(0, 1000);
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
  m_look.setInterval(2000);
  connect(&m_look, &QTimer::timeout, this, [this] {
    if (isVisible()) showMemory();
  });
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
  m_device->setText(tr("CPU · %n core(s) · %1 · %2", "", static_cast<int>(device.cores))
                        .arg(bytesText(device.memoryBytes), QString::fromStdString(device.precision)));
  m_device->setToolTip(QString::fromStdString(device.name));
}

void StatusStrip::showMemory() {
  const MachineMemory memory = machineMemory();
  m_memory->setValue(memory.total > 0 ? static_cast<int>(memory.used * 1000 / memory.total) : 0);
  m_memoryText->setText(tr("%1 of %2", "memory used of all").arg(bytesText(memory.used), bytesText(memory.total)));
  const QString mine = tr("Attune itself takes %1.").arg(bytesText(memory.mine));
  for (QWidget *part : std::initializer_list<QWidget *>{m_memoryName, m_memory, m_memoryText}) part->setToolTip(mine);
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
