// A small curve without axes. GUI thread; holds its own few points.
#pragma once

#include "ui/widgets/theme.h"

#include <QPointF>
#include <QVector>
#include <QWidget>

namespace attune::ui {

class Sparkline : public QWidget {
  Q_OBJECT

public:
  explicit Sparkline(QWidget *parent = nullptr);
  /// Points over the stretch `from` to `to`, which is the whole width.
  void setPoints(QVector<QPointF> points, double from, double to);
  void setColor(const QColor &color);
  /// Draws evenly spaced values into `rect`; for delegates.
  static void paint(QPainter &painter, const QRectF &rect, const QVector<float> &values, const QColor &color);
  QSize sizeHint() const override { return {120, 34}; }

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  QVector<QPointF> m_points;
  double m_from = 0, m_to = 1;
  QColor m_color;
};

} // namespace attune::ui
