// A line inside a page for what needs a decision: a text in a tone and up to two buttons. Hidden until show(). GUI thread.
#pragma once

#include "ui/widgets/theme.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace attune::ui {

class Banner : public QFrame {
  Q_OBJECT

public:
  explicit Banner(QWidget *parent = nullptr);
  /// `tone` is Accent, Warning or Danger; an empty second button is not shown, nor an empty first.
  void showMessage(Tone tone, const QString &text, const QString &first = {}, const QString &second = {});

Q_SIGNALS:
  void firstClicked();
  void secondClicked();

private:
  QLabel *m_icon;
  QLabel *m_text;
  QPushButton *m_first;
  QPushButton *m_second;
};

} // namespace attune::ui
