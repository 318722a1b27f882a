// What an empty place shows: an icon, one sentence that says what goes here, and the button that does it. GUI thread.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace attune::ui {

class EmptyState : public QWidget {
  Q_OBJECT

public:
  explicit EmptyState(const QString &iconName, QWidget *parent = nullptr);
  void setTexts(const QString &sentence, const QString &button);

Q_SIGNALS:
  void triggered();

private:
  QLabel *m_sentence;
  QPushButton *m_button;
};

} // namespace attune::ui
