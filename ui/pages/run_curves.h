// The charts of the shown runs: the loss large, four small multiples below with the same x. GUI thread.
#pragma once

#include "ui/charts/metric_chart.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;

namespace attune::ui {

class Chip;
class StatTile;

class RunCurves : public QWidget {
  Q_OBJECT

public:
  explicit RunCurves(QWidget *parent = nullptr);
  /// `chosen` is the run whose figures the tiles show; may be null.
  void setRuns(const std::vector<ChartRun> &runs, RunModel *chosen);
  MetricChart *lossChart() const { return m_loss; }
  void requestExport();

private:
  void showTiles();

  MetricChart *m_loss;
  Chip *m_log;
  QComboBox *m_axis;
  QSlider *m_smoothing;
  QLabel *m_smoothingName;
  std::vector<StatTile *> m_tiles;
  QPointer<RunModel> m_chosen;
  QTimer m_throttle;
};

} // namespace attune::ui
