#include "ui/pages/source_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/visible_text.h"

#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

SourceCard::SourceCard(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 16, 10);
  layout->setSpacing(2);
  m_title = makeLabel(TextRole::Caption, this);
  m_value = makeButton(ButtonKind::Quiet, this);
  m_value->setProperty("kind", QStringLiteral("choice"));
  m_value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  m_about = new ElidedLabel(this);
  setRole(m_about, TextRole::Caption);
  layout->addWidget(m_title);
  layout->addWidget(m_value);
  layout->addWidget(m_about);
}

void SourceCard::setTitle(const QString &title) {
  m_title->setText(title);
  m_value->setAccessibleName(title);
}

void SourceCard::setValue(const QString &value, const QString &about) {
  m_text = value;
  m_value->setToolTip(toolTipText(value));
  m_value->setAccessibleDescription(value);
  if (m_problem.isEmpty()) m_about->setText(about);
  showText();
}

void SourceCard::showText() {
  QFont bold = font();
  bold.setPixelSize(15);
  bold.setWeight(QFont::DemiBold);
  const QString mark = m_value->menu() ? QStringLiteral("  ▾") : QString();
  const QFontMetrics metrics(bold);
  m_value->setText(metrics.elidedText(m_text, Qt::ElideMiddle, width() - 44 - metrics.horizontalAdvance(mark)) + mark);
}

void SourceCard::resizeEvent(QResizeEvent *) { showText(); }

void SourceCard::setProblem(const QString &problem) {
  m_problem = problem;
  if (!problem.isEmpty()) m_about->setText(problem);
  setRole(m_about, problem.isEmpty() ? TextRole::Caption : TextRole::Problem);
}

void SourceCard::setMenu(std::function<void(QMenu &)> fill) {
  auto *menu = new QMenu(this);
  connect(menu, &QMenu::aboutToShow, menu, [menu, fill = std::move(fill)] {
    menu->clear();
    fill(*menu);
  });
  m_value->setMenu(menu);
}

} // namespace attune::ui
