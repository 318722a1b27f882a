#include "ui/charts/mark_shape.h"

#include "ui/widgets/theme.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPolygonF>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(RunMarks)
};

} // namespace

void drawMark(QPainter &painter, RunMark::Kind kind, const QPointF &centre, const QColor &color) {
  const bool wrong = kind == RunMark::Kind::Retry || kind == RunMark::Kind::Skip;
  painter.save();
  painter.translate(centre);
  painter.setPen(QPen(color, 1.4));
  painter.setBrush(theme().color(wrong ? Tone::Warning : Tone::Surface));
  switch (kind) {
  case RunMark::Kind::Checkpoint: painter.drawPolygon(QPolygonF({{0, -4.5}, {4.5, 0}, {0, 4.5}, {-4.5, 0}})); break;
  case RunMark::Kind::Setting: painter.drawRect(QRectF(-3.5, -3.5, 7, 7)); break;
  case RunMark::Kind::Resume: painter.drawEllipse(QPointF(), 4, 4); break;
  case RunMark::Kind::Retry: painter.drawPolygon(QPolygonF({{0, -5}, {5, 4}, {-5, 4}})); break;
  case RunMark::Kind::Skip: painter.drawPolygon(QPolygonF({{0, 5}, {5, -4}, {-5, -4}})); break;
  case RunMark::Kind::Pause:
    painter.drawRect(QRectF(-4, -4, 3, 8));
    painter.drawRect(QRectF(1, -4, 3, 8));
    break;
  }
  painter.restore();
}

QString markSign(RunMark::Kind kind) {
  switch (kind) {
  case RunMark::Kind::Checkpoint: return QStringLiteral("◆");
  case RunMark::Kind::Setting: return QStringLiteral("■");
  case RunMark::Kind::Resume: return QStringLiteral("●");
  case RunMark::Kind::Retry: return QStringLiteral("▲");
  case RunMark::Kind::Skip: return QStringLiteral("▼");
  case RunMark::Kind::Pause: return QStringLiteral("‖");
  }
  return {};
}

QString markName(RunMark::Kind kind) {
  switch (kind) {
  case RunMark::Kind::Checkpoint: return Words::tr("checkpoint");
  case RunMark::Kind::Setting: return Words::tr("setting changed");
  case RunMark::Kind::Resume: return Words::tr("resumed");
  case RunMark::Kind::Retry: return Words::tr("out of memory, went on");
  case RunMark::Kind::Skip: return Words::tr("update skipped");
  case RunMark::Kind::Pause: return Words::tr("paused");
  }
  return {};
}

} // namespace attune::ui
