// A small button that copies what one would type in a terminal to do the same; its tool tip shows it. GUI thread.
#pragma once

#include <QPushButton>

namespace attune::ui {

class CommandButton : public QPushButton {
  Q_OBJECT

public:
  /// `compact`: the icon alone, where there is little room.
  explicit CommandButton(QWidget *parent = nullptr, bool compact = false);
  /// Empty = there is nothing to copy now.
  void setCommand(const QString &command);
  QString command() const { return m_command; }

private:
  QString m_command;
};

} // namespace attune::ui
