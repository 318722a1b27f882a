// One metric of one or several runs over steps, tokens or time: raw and smoothed, validation dashed, marks on the curve.
// Zoom with the wheel or + and -, pan by dragging or arrow keys, double click or 0 shows all. GUI thread; repaints at most
// twice a second while data arrive. Reads RunModels, which may go away.
#pragma once

#include "ui/charts/decimate.h"
#include "ui/models/run_model.h"

#include <QChartView>
#include <QColor>
#include <QImage>
#include <QPointer>
#include <QTimer>

#include <set>
#include <vector>

class QGraphicsSimpleTextItem;
class QAbstractAxis;
class QValueAxis;

namespace attune::ui {

class CurveItem;
struct DrawnCurve;

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

  void setMetric(Metric metric);
  Metric metric() const { return m_metric; }
  void setRuns(std::vector<ChartRun> runs);
  void setAxis(ChartAxis axis);
  void setLogarithmic(bool on);
  /// 0 = no smoothing, below 1.
  void setSmoothing(double weight);
  bool isLogarithmic() const { return m_logarithmic; }
  void showAll();

  /// The chart as it stands: in twice as many pixels, or as SVG.
  QImage picture();
  QByteArray vectorPicture();
  /// What is shown of the horizontal axis, and the points of any metric of `run` over it.
  double from() const { return m_from; }
  double to() const { return m_to; }
  QVector<QPointF> pointsOf(const RunModel &run, Metric metric, int pixels) const;
  /// The newest value of a metric, not a number when there is none; and a value with its unit.
  static double last(const RunModel &run, Metric metric);
  static QString valueText(Metric metric, double value);
  /// What kinds of marks are drawn.
  std::set<RunMark::Kind> markKinds() const;
  /// The points drawn for run `index`, for tests: smoothed (or raw without smoothing).
  QVector<QPointF> drawnPoints(int index) const;

Q_SIGNALS:
  void rangeChanged();       // what is shown of the horizontal axis, or what stands in it
  void hovered(double step); // under the pointer; negative when it has left

protected:
  void showEvent(QShowEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void mouseReleaseEvent(QMouseEvent *event) override;
  void mouseDoubleClickEvent(QMouseEvent *event) override;
  void leaveEvent(QEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;

private:
  struct Curve; // a run and its smoothed values
  static const Series &values(const RunModel &run, Metric metric);
  const Series &values(const RunModel &run) const { return values(run, m_metric); }
  template <typename Columns> Places places(const RunModel &run, const Columns &columns) const;
  bool isSmoothed() const { return m_smoothing > 0 && m_metric == Metric::Loss; }
  void scheduleUpdate();
  double end() const; // of the longest curve, in the chosen unit; 0 without any
  void rebuild();
  DrawnCurve drawn(const Curve &curve) const;
  bool smooth();
  void updateRange();
  void setYRange(double low, double high);
  void zoom(double factor, double centre);
  void pan(double share);
  double valueAt(double pixel) const; // of the horizontal axis
  void showReadOut(const QPointF &position);
  QString marksNear(double x, double within) const;
  void applyColors();

  Metric m_metric;
  ChartAxis m_axis = ChartAxis::Step;
  bool m_logarithmic = false;
  double m_smoothing = 0.9;
  std::vector<std::unique_ptr<Curve>> m_curves;
  CurveItem *m_drawn = nullptr;
  QValueAxis *m_x = nullptr;
  QAbstractAxis *m_y = nullptr;
  QTimer m_throttle, m_smoothOn;
  double m_from = 0, m_to = 1; // what is shown
  bool m_zoomed = false;
  std::optional<QPoint> m_drag;
  QGraphicsLineItem *m_cross = nullptr;
  QGraphicsSimpleTextItem *m_readOut = nullptr;
  QGraphicsRectItem *m_readOutBox = nullptr;
};

} // namespace attune::ui
