#include "ui/widgets/stat_tile.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sparkline.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

namespace attune::ui {

StatTile::StatTile(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(10, 8, 10, 8);
  layout->setSpacing(2);
  m_title = new ElidedLabel(this);
  setRole(m_title, TextRole::Caption);
  m_value = new ElidedLabel(this);
  setRole(m_value, TextRole::Section);
  m_course = new Sparkline(this);
  layout->addWidget(m_title);
  layout->addWidget(m_value);
  layout->addWidget(m_course);
}

void StatTile::setTitle(const QString &title) {
  m_title->setText(title);
  setAccessibleName(title);
}

void StatTile::setValue(const QString &value) {
  m_value->setText(value);
  setAccessibleDescription(value);
}

void StatTile::setCourse(QVector<QPointF> points, double from, double to, const QColor &color) {
  m_course->setColor(color);
  m_course->setPoints(std::move(points), from, to);
}

void StatTile::setAction(const QString &tip) {
  setToolTip(tip);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
}

void StatTile::mouseReleaseEvent(QMouseEvent *event) {
  if (event->button() == Qt::LeftButton && rect().contains(event->pos())) Q_EMIT clicked();
}

void StatTile::keyPressEvent(QKeyEvent *event) {
  if (event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) return clicked();
  QFrame::keyPressEvent(event);
}

} // namespace attune::ui
