// A small curve without axes. GUI thread; holds its own few points.
#pragma once

#include "ui/widgets/theme.h"

#include <QVector>
#include <QWidget>

namespace attune::ui {

class Sparkline : public QWidget {
  Q_OBJECT

public:
  explicit Sparkline(QWidget *parent = nullptr);
  void setValues(QVector<float> values);
  void setColor(const QColor &color);
  /// Draws a curve into `rect`; for delegates.
  static void paint(QPainter &painter, const QRectF &rect, const QVector<float> &values, const QColor &color);
  QSize sizeHint() const override { return {120, 34}; }

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  QVector<float> m_values;
  QColor m_color;
};

} // namespace attune::ui
