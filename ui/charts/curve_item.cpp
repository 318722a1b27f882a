#include "ui/charts/curve_item.h"

#include "ui/charts/mark_shape.h"
#include "ui/widgets/polyline.h"
#include "ui/widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attune::ui {

namespace {

constexpr double kDot = 3; // a curve of one point

/// `color` thinned by the ground, yet opaque: lines that cross themselves many times stay even, and draw faster.
QColor thinned(const QColor &color, const QColor &ground) {
  return mixed(ground, color, theme().dark() ? 0.55 : 0.3); // the series colours stand out less from a dark ground
}

} // namespace

CurveItem::CurveItem(QChart *chart) : QGraphicsItem(chart), m_chart(chart) {
  setZValue(10);
  QObject::connect(chart, &QChart::plotAreaChanged, chart, [this] {
    prepareGeometryChange();
    update();
  });
}

void CurveItem::setCurves(std::vector<DrawnCurve> curves) {
  m_curves = std::move(curves);
  update();
}

void CurveItem::setRange(double fromX, double toX, double fromY, double toY, bool logarithmic) {
  m_fromX = fromX;
  m_toX = toX;
  m_fromY = logarithmic ? std::log10(fromY) : fromY;
  m_toY = logarithmic ? std::log10(toY) : toY;
  m_logarithmic = logarithmic;
  update();
}

QVector<QPointF> CurveItem::inPixels(const QVector<QPointF> &values) const {
  const QRectF area = m_chart->plotArea();
  const double perX = area.width() / (m_toX - m_fromX), perY = area.height() / (m_toY - m_fromY);
  QVector<QPointF> pixels;
  pixels.reserve(values.size());
  for (const QPointF &value : values) {
    const double y = m_logarithmic ? std::log10(value.y()) : value.y();
    pixels.append({area.left() + (value.x() - m_fromX) * perX, area.bottom() - (y - m_fromY) * perY});
  }
  return pixels;
}

void CurveItem::paint(QPainter *painter, const QStyleOptionGraphicsItem *, QWidget *) {
  const QRectF area = m_chart->plotArea();
  const QColor ground = theme().color(Tone::Surface);
  painter->save();
  painter->setClipRect(area.adjusted(-1, -1, 1, 1));
  const auto draw = [&](const QVector<QPointF> &values, QPen pen) {
    const bool dense = values.size() > area.width(); // vertical strokes side by side
    if (dense) pen.setWidthF(std::min(1.0, pen.widthF()));
    painter->setRenderHint(QPainter::Antialiasing, !dense);
    if (values.size() == 1) { // no line yet
      painter->setPen(Qt::NoPen);
      painter->setBrush(pen.color());
      painter->drawEllipse(inPixels(values).first(), kDot, kDot);
    }
    drawPolyline(*painter, inPixels(values), pen);
  };
  for (const DrawnCurve &curve : m_curves)
    draw(curve.raw, curve.smooth.isEmpty() ? QPen(curve.color, 1.6) : QPen(thinned(curve.color, ground), 1));
  for (const DrawnCurve &curve : m_curves) {
    draw(curve.smooth, QPen(curve.color, 2));
    const QVector<QPointF> validation = inPixels(curve.validation);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(curve.color, 2, Qt::DashLine));
    painter->drawPolyline(validation.constData(), static_cast<int>(validation.size()));
  }
  painter->setClipRect(boundingRect()); // a mark at the first or last step stands half outside
  for (const DrawnCurve &curve : m_curves) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(curve.color);
    for (const QPointF &point : inPixels(curve.validation))
      if (point.x() >= area.left() - 0.5 && point.x() <= area.right() + 0.5) painter->drawEllipse(point, 2.5, 2.5);
    for (const DrawnMark &mark : curve.marks) drawMark(*painter, mark.kind, inPixels({mark.at}).first(), curve.color);
  }
  painter->restore();
}

} // namespace attune::ui
