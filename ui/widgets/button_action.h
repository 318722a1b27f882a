// A button of a page as a menu entry with a shortcut: one text, one state, one effect, nothing said twice. GUI thread.
// Owned by its page, which lists it among its actions(); the shell shows those in the menu of the place.
#pragma once

#include <QAction>

#include <functional>

class QAbstractButton;

namespace attune::ui {

class ButtonAction : public QAction {
  Q_OBJECT

public:
  ButtonAction(QAbstractButton *button, const QList<QKeySequence> &keys, QWidget *page);
  /// Takes the text from the button, and whether it can be pressed; what a menu asks for before it opens.
  void refresh();
  QAbstractButton *button() const { return m_button; }

private:
  QAbstractButton *m_button;
  QWidget *m_page;
};

/// Refreshes those among `actions` that stand for buttons.
void refreshButtonActions(const QList<QAction *> &actions);

/// Lets those that stand for buttons be triggered again: between two menus a shortcut counts, and the button itself refuses.
void releaseButtonActions(const QList<QAction *> &actions);

/// Lets the tool tip of a button end with the keys that do the same; a ButtonAction does so for its button.
void nameKeys(QAbstractButton *button, std::function<QKeySequence()> keys);

} // namespace attune::ui
