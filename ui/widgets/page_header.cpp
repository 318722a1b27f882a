#include "ui/widgets/page_header.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace attune::ui {

PageHeader::PageHeader(QWidget *parent) : QWidget(parent) {
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(16);
  m_title = makeLabel(TextRole::Title, this);
  m_subtitle = new ElidedLabel(this);
  setRole(m_subtitle, TextRole::Muted);
  m_actions = new QHBoxLayout;
  m_actions->setSpacing(8);
  layout->addWidget(m_title);
  layout->addWidget(m_subtitle, 1);
  layout->addLayout(m_actions);
}

void PageHeader::setTitle(const QString &title) {
  m_title->setText(title);
  setAccessibleName(title);
}

void PageHeader::setSubtitle(const QString &subtitle) { m_subtitle->setText(subtitle); }

void PageHeader::addAction(QWidget *control, Press press) {
  m_actions->addWidget(control);
  if (press == Press::Once) control->installEventFilter(this);
}

/// By the second half of a double click the button may say the opposite, or belong to the page that the first one opened.
bool PageHeader::eventFilter(QObject *, QEvent *event) { return event->type() == QEvent::MouseButtonDblClick; }

} // namespace attune::ui
