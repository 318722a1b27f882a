// One metric of one or several runs over steps, tokens or time: raw and smoothed, validation dashed, marks on the curve.
// Zoom with the wheel or + and -, pan by dragging or arrow keys, double click or 0 shows all. GUI thread; repaints at most
// twice a second while data arrive. Reads RunModels, which may go away.
#pragma once

#include "ui/models/run_model.h"

#include <QChartView>
#include <QColor>
#include <QPointer>
#include <QTimer>

#include <vector>

class QGraphicsSimpleTextItem;
class QLineSeries;
class QScatterSeries;
class QAbstractAxis;

namespace attune::ui {

enum class Metric { Loss, LearningRate, GradientNorm, TokensPerSecond, Memory };
enum class ChartAxis { Step, Tokens, Time };

struct ChartRun {
  QPointer<RunModel> run;
  QString name;
  QColor color;
};

class MetricChart : public QChartView {
  Q_OBJECT

public:
  explicit MetricChart(Metric metric, QWidget *parent = nullptr);
  ~MetricChart() override;

  void setRuns(std::vector<ChartRun> runs);
  void setAxis(ChartAxis axis);
  void setLogarithmic(bool on);
  /// 0 = no smoothing, below 1.
  void setSmoothing(double weight);
  bool isLogarithmic() const { return m_logarithmic; }
  void showAll();

  bool exportImage(const QString &path); // by its ending: .png or .svg
  bool exportCsv(const QString &path) const;
  /// The points drawn for run `index`, for tests: smoothed (or raw without smoothing).
  QVector<QPointF> drawnPoints(int index) const;

protected:
  void resizeEvent(QResizeEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void mouseReleaseEvent(QMouseEvent *event) override;
  void mouseDoubleClickEvent(QMouseEvent *event) override;
  void leaveEvent(QEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;

private:
  struct Curve; // the series of one run and its smoothed values
  const std::vector<double> &values(const RunModel &run) const;
  std::vector<double> positions(const RunModel &run, const std::vector<double> &time, const std::vector<double> &step,
                                const std::vector<double> &tokens) const;
  void scheduleUpdate();
  double end() const; // of the longest curve, in the chosen unit; 0 without any
  void rebuild();
  void updateCurve(Curve &curve);
  void updateRange();
  void setYRange(double low, double high);
  void zoom(double factor, double centre);
  void pan(double share);
  void showReadOut(const QPointF &position);
  void applyColors();

  Metric m_metric;
  ChartAxis m_axis = ChartAxis::Step;
  bool m_logarithmic = false;
  double m_smoothing = 0.9;
  std::vector<std::unique_ptr<Curve>> m_curves;
  QAbstractAxis *m_y = nullptr;
  QTimer m_throttle;
  double m_from = 0, m_to = 1; // what is shown
  bool m_zoomed = false;
  std::optional<QPoint> m_drag;
  QGraphicsLineItem *m_cross = nullptr;
  QGraphicsSimpleTextItem *m_readOut = nullptr;
  QGraphicsRectItem *m_readOutBox = nullptr;
};

} // namespace attune::ui
