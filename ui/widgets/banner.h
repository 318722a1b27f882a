// A line inside a page for what must be seen: a text in a tone. Hidden until a message is shown. GUI thread.
#pragma once

#include "ui/widgets/theme.h"

#include <QFrame>

class QLabel;

namespace attune::ui {

class Banner : public QFrame {
  Q_OBJECT

public:
  explicit Banner(QWidget *parent = nullptr);
  /// `tone` is Accent, Warning or Danger.
  void showMessage(Tone tone, const QString &text);

private:
  QLabel *m_icon;
  QLabel *m_text;
};

} // namespace attune::ui
