// What a run was forecast to take beside what it took at most. Hidden where neither is known. GUI thread.
#pragma once

#include "ui/models/run_center.h"

#include <QWidget>

class QLabel;
class QProgressBar;

namespace attune::ui {

class RunMemory : public QWidget {
  Q_OBJECT

public:
  explicit RunMemory(RunCenter &runs, QWidget *parent = nullptr);
  /// An empty folder shows nothing.
  void setRun(const QString &folder);

private:
  struct Line {
    QLabel *name;
    QProgressBar *bar;
    QLabel *amount;
  };
  void showFigures();

  RunCenter &m_runs;
  QString m_folder;
  Line m_forecast, m_peak;
};

} // namespace attune::ui
