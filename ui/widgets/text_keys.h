// The keys that edit text win over a page's shortcuts while a text field has the focus; Qt lets some of them go, such as
// Ctrl+Delete, which deletes a word. Filters the whole program's events; GUI thread, owned by the window.
#pragma once

#include <QObject>

namespace attune::ui {

class TextKeys : public QObject {
  Q_OBJECT

public:
  explicit TextKeys(QObject *parent);

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
};

} // namespace attune::ui
