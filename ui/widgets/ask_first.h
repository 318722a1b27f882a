// Asks before something that is not given back: a question with two answers, without stopping the event loop. Enter and Escape both
// leave things as they are. GUI thread.
#pragma once

#include <QMessageBox>
#include <QString>

#include <functional>

namespace attune::ui {

struct FirstQuestion {
  QString title;
  QString text; // words, never markup
  QString yes;  // the verb on the button that acts
  QString no;
};

/// `act` is called for "yes", as long as `context` lives. The box is open, and deletes itself when it is closed.
QMessageBox *askFirst(QWidget *parent, const FirstQuestion &question, QObject *context, std::function<void()> act,
                      QMessageBox::Icon icon = QMessageBox::Question);

} // namespace attune::ui
