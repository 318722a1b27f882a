// The bottom line: device chip, memory meter, the running job. GUI thread. Meter and job look at most once a second, the meter
// only while shown.
#pragma once

#include "ui/models/device_watch.h"
#include "ui/models/run_center.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attune::ui {

class Chip;
class MemoryMeter;

class StatusStrip : public QWidget {
  Q_OBJECT

public:
  StatusStrip(RunCenter &runs, EngineGate &gate, DeviceWatch &devices, QWidget *parent = nullptr);

Q_SIGNALS:
  void runClicked(const QString &folder);

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  void showDevice();
  void showMemory();
  void showRun();

  RunCenter &m_runs;
  EngineGate &m_gate;
  DeviceWatch &m_devices;
  Chip *m_device;
  QLabel *m_memoryName;
  MemoryMeter *m_memory;
  QLabel *m_memoryText;
  QProgressBar *m_done;
  QPushButton *m_run;
  QTimer m_look, m_soon;
};

} // namespace attune::ui
