// Asks for a name in a small dialog without stopping the event loop. GUI thread.
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace attune::ui {

/// What the dialog says; `action` is the verb on its button.
struct NameQuestion {
  QString title;
  QString label;
  QString name; // to start from
  QString action;
};

/// `done` gets the name without blanks around it, and only when there is one.
void askName(QWidget *parent, const NameQuestion &question, std::function<void(const QString &name)> done);

} // namespace attune::ui
