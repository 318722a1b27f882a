#include "ui/widgets/polyline.h"

#include <QLineF>
#include <QPainter>

namespace attune::ui {

void drawPolyline(QPainter &painter, const QVector<QPointF> &points, QPen pen) {
  QVector<QLineF> lines;
  lines.reserve(points.size());
  for (qsizetype i = 1; i < points.size(); ++i) lines.append({points[i - 1], points[i]});
  pen.setCapStyle(Qt::SquareCap); // closes the corners
  painter.setPen(pen);
  painter.drawLines(lines);
}

} // namespace attune::ui
