#include "ui/widgets/button_action.h"

#include <QAbstractButton>

namespace attune::ui {

ButtonAction::ButtonAction(QAbstractButton *button, const QKeySequence &keys, QWidget *page)
    : QAction(page), m_button(button), m_page(page) {
  setShortcut(keys);
  connect(this, &QAction::triggered, this, [this] {
    if (m_button->isVisibleTo(m_page)) m_button->click(); // does nothing when it is disabled
  });
  page->addAction(this);
}

void ButtonAction::refresh() {
  const QString name = m_button->accessibleName().isEmpty() ? m_button->text() : m_button->accessibleName();
  setText(QString(name).remove(QStringLiteral(" ▾")));
  setEnabled(m_button->isEnabled() && m_button->isVisibleTo(m_page));
}

void refreshButtonActions(const QList<QAction *> &actions) {
  for (QAction *action : actions)
    if (auto *mirror = qobject_cast<ButtonAction *>(action)) mirror->refresh();
}

void releaseButtonActions(const QList<QAction *> &actions) {
  for (QAction *action : actions)
    if (qobject_cast<ButtonAction *>(action)) action->setEnabled(true);
}

} // namespace attune::ui
