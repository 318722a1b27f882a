// A curve drawn line by line: as one outline, a path of thousands of lines takes a frame's time many times over.
#pragma once

#include <QPen>
#include <QPointF>
#include <QVector>

class QPainter;

namespace attune::ui {

void drawPolyline(QPainter &painter, const QVector<QPointF> &points, QPen pen);

} // namespace attune::ui
