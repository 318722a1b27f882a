#include "ui/widgets/sparkline.h"

#include "ui/widgets/polyline.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attune::ui {

namespace {

void paintCurve(QPainter &painter, const QRectF &rect, const QVector<QPointF> &points, double from, double to, const QColor &color) {
  double low = INFINITY, high = -INFINITY;
  for (const QPointF &point : points) {
    if (!std::isfinite(point.y())) continue;
    low = std::min(low, point.y());
    high = std::max(high, point.y());
  }
  if (!(low <= high) || points.size() < 2 || !(from < to)) return;
  const double range = std::max(high - low, std::max(std::fabs(high), 1e-12) * 1e-3);
  low = (low + high - range) / 2; // a level course runs through the middle
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setClipRect(rect.adjusted(-1, -2, 1, 2));
  QVector<QPointF> places;
  for (const QPointF &point : points)
    if (std::isfinite(point.y()))
      places.append(
          {rect.left() + rect.width() * (point.x() - from) / (to - from), rect.bottom() - rect.height() * (point.y() - low) / range});
  drawPolyline(painter, places, QPen(color, 1.6));
  painter.restore();
}

} // namespace

Sparkline::Sparkline(QWidget *parent) : QWidget(parent), m_color(theme().series(0)) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Sparkline::setPoints(QVector<QPointF> points, double from, double to) {
  m_points = std::move(points);
  m_from = from;
  m_to = to;
  update();
}

void Sparkline::setColor(const QColor &color) {
  m_color = color;
  update();
}

void Sparkline::paint(QPainter &painter, const QRectF &rect, const QVector<float> &values, const QColor &color) {
  QVector<QPointF> points;
  for (const float value : values) points.append({static_cast<double>(points.size()), static_cast<double>(value)});
  paintCurve(painter, rect, points, 0, static_cast<double>(values.size() - 1), color);
}

void Sparkline::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  paintCurve(painter, QRectF(rect()).adjusted(1, 2, -1, -2), m_points, m_from, m_to, m_color);
}

} // namespace attune::ui
