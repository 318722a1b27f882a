// A line inside a page for what must be seen or decided: a text in a tone, perhaps with buttons. Hidden until a message is
// shown. GUI thread.
#pragma once

#include "ui/widgets/theme.h"

#include <QFrame>

#include <functional>
#include <vector>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace attune::ui {

struct BannerAction { // a press hides the banner, then acts
  QString text;
  std::function<void()> act;
};

class Banner : public QFrame {
  Q_OBJECT

public:
  explicit Banner(QWidget *parent = nullptr);
  /// `tone` is Accent, Warning or Danger.
  void showMessage(Tone tone, const QString &text, const std::vector<BannerAction> &actions = {});

private:
  void makeButtons();

  std::vector<BannerAction> m_actions;
  QLabel *m_icon;
  QLabel *m_text;
  QHBoxLayout *m_layout;
  std::vector<QPushButton *> m_buttons;
};

} // namespace attune::ui
