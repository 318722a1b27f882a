#include "ui/widgets/stat_tile.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sparkline.h"

#include <QVBoxLayout>

namespace attune::ui {

StatTile::StatTile(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 8, 12, 8);
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

void StatTile::setCourse(QVector<float> values, const QColor &color) {
  m_course->setColor(color);
  m_course->setValues(std::move(values));
}

} // namespace attune::ui
