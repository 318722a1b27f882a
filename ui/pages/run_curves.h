// The charts of the shown runs: one metric large, at first the loss, the four others small below with the same x; a click on
// a small one makes it the large one. GUI thread.
#pragma once

#include "ui/charts/metric_chart.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;

namespace attune::api {
class RunStore;
}

namespace attune::ui {

class Chip;
class CurvesExport;
class MarkLegend;
class RunAnswers;
class StatTile;
class TaskRunner;

class RunCurves : public QWidget {
  Q_OBJECT

public:
  RunCurves(api::RunStore *store, TaskRunner &tasks, QWidget *parent = nullptr);
  /// `chosen` is the run whose figures the tiles show; may be null.
  void setRuns(const std::vector<ChartRun> &runs, RunModel *chosen);
  MetricChart *chart() const { return m_chart; }
  /// The small chart at `place`, from 0.
  StatTile *tile(int place) const { return m_tiles.at(static_cast<size_t>(place)); }
  void requestExport();
  void exportTo(const QString &path);

protected:
  void resizeEvent(QResizeEvent *event) override;

private:
  void enlarge(size_t place);
  void showNames();
  void showTiles();
  void showAnswers();

  std::vector<Metric> m_order; // the large one first
  std::vector<ChartRun> m_runs;
  MetricChart *m_chart;
  CurvesExport *m_export;
  MarkLegend *m_marks;
  QLabel *m_title, *m_legend;
  Chip *m_log, *m_answersWanted;
  RunAnswers *m_answers;
  QComboBox *m_axis;
  QSlider *m_smoothing;
  QLabel *m_smoothingName;
  std::vector<StatTile *> m_tiles;
  QPointer<RunModel> m_chosen;
};

} // namespace attune::ui
