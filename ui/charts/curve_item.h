// The curves of a chart, drawn into its plot area: Qt Charts' own series work out their outline at every change, which takes
// many frames' time for a panned curve. Axes and grid stay Qt Charts'. GUI thread; owned by the chart.
#pragma once

#include "ui/models/run_history.h"

#include <QChart>
#include <QColor>
#include <QGraphicsItem>
#include <QPointF>
#include <QVector>

namespace attune::ui {

struct DrawnMark {
  QPointF at;
  RunMark::Kind kind = RunMark::Kind::Checkpoint;
};

struct DrawnCurve { // points in values, not pixels
  QColor color;
  QVector<QPointF> raw, smooth, validation;
  QVector<DrawnMark> marks;
};

class CurveItem : public QGraphicsItem {
public:
  explicit CurveItem(QChart *chart);
  void setCurves(std::vector<DrawnCurve> curves);
  const std::vector<DrawnCurve> &curves() const { return m_curves; }
  void setRange(double fromX, double toX, double fromY, double toY, bool logarithmic);

  QRectF boundingRect() const override { return m_chart->plotArea().adjusted(-6, -6, 6, 6); }
  void paint(QPainter *painter, const QStyleOptionGraphicsItem *option, QWidget *widget) override;

private:
  QVector<QPointF> inPixels(const QVector<QPointF> &values) const;

  QChart *m_chart;
  std::vector<DrawnCurve> m_curves;
  double m_fromX = 0, m_toX = 1, m_fromY = 0, m_toY = 1;
  bool m_logarithmic = false;
};

} // namespace attune::ui
