#include "ui/widgets/button_action.h"

#include <QAbstractButton>
#include <QHelpEvent>
#include <QToolTip>

#include <utility>

namespace attune::ui {

namespace {

/// What a button is called, without the mark of its menu.
QString nameOf(const QAbstractButton &button) {
  const QString name = button.accessibleName().isEmpty() ? button.text() : button.accessibleName();
  return QString(name).remove(QStringLiteral(" ▾"));
}

/// Shows the tool tip with the keys: as it is asked for, whatever text and language the button has by then.
class KeysInToolTip : public QObject {
public:
  KeysInToolTip(QAbstractButton *button, std::function<QKeySequence()> keys) : QObject(button), m_button(button), m_keys(std::move(keys)) {
    button->installEventFilter(this);
  }

protected:
  bool eventFilter(QObject *, QEvent *event) override {
    if (event->type() != QEvent::ToolTip) return false;
    const QString tip = m_button->toolTip().isEmpty() ? nameOf(*m_button) : m_button->toolTip();
    QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(),
                       ButtonAction::tr("%1 (%2)").arg(tip, m_keys().toString(QKeySequence::NativeText)), m_button);
    return true;
  }

private:
  QAbstractButton *m_button;
  std::function<QKeySequence()> m_keys;
};

} // namespace

ButtonAction::ButtonAction(QAbstractButton *button, const QList<QKeySequence> &keys, QWidget *page)
    : QAction(page), m_button(button), m_page(page) {
  setShortcuts(keys);
  connect(this, &QAction::triggered, this, [this] {
    if (m_button->isVisibleTo(m_page)) m_button->click(); // does nothing when it is disabled
  });
  nameKeys(button, [this] { return shortcut(); });
  page->addAction(this);
}

void ButtonAction::refresh() {
  setText(nameOf(*m_button));
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

void nameKeys(QAbstractButton *button, std::function<QKeySequence()> keys) { new KeysInToolTip(button, std::move(keys)); }

} // namespace attune::ui
