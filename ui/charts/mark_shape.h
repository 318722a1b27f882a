// How what happened at a step is drawn and named: a shape of its own for each kind. GUI thread.
#pragma once

#include "ui/models/run_history.h"

#include <QColor>
#include <QPointF>
#include <QString>

class QPainter;

namespace attune::ui {

/// In the colour of its curve; filled with the warning colour where something went wrong.
void drawMark(QPainter &painter, RunMark::Kind kind, const QPointF &centre, const QColor &color);
/// The shape as a character, for tool tips.
QString markSign(RunMark::Kind kind);
QString markName(RunMark::Kind kind);

} // namespace attune::ui
