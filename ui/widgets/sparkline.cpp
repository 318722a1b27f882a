#include "ui/widgets/sparkline.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace attune::ui {

Sparkline::Sparkline(QWidget *parent) : QWidget(parent), m_color(theme().series(0)) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Sparkline::setValues(QVector<float> values) {
  m_values = std::move(values);
  update();
}

void Sparkline::setColor(const QColor &color) {
  m_color = color;
  update();
}

void Sparkline::paint(QPainter &painter, const QRectF &rect, const QVector<float> &values, const QColor &color) {
  float low = INFINITY, high = -INFINITY;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high) || values.size() < 2) return;
  const float range = std::max(high - low, std::max(std::fabs(high), 1e-12f) * 1e-3f);
  QPainterPath path;
  bool open = false;
  for (qsizetype i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      open = false;
      continue;
    }
    const QPointF point(rect.left() + rect.width() * static_cast<double>(i) / static_cast<double>(values.size() - 1),
                        rect.bottom() - rect.height() * static_cast<double>((values[i] - low) / range));
    if (open)
      path.lineTo(point);
    else
      path.moveTo(point);
    open = true;
  }
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawPath(path);
  painter.restore();
}

void Sparkline::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  paint(painter, QRectF(rect()).adjusted(1, 2, -1, -2), m_values, m_color);
}

} // namespace attune::ui
