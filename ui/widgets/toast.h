// A short message at the bottom right that goes by itself after six seconds, with one action such as Undo. GUI thread.
// Owned by its window; a new one replaces the one shown.
#pragma once

#include <QFrame>
#include <functional>

class QLabel;
class QPushButton;
class QTimer;

namespace attune::ui {

class Toast : public QFrame {
  Q_OBJECT

public:
  /// Shows `text` over the window of `anchor`; with `action` a button that runs `act`.
  static void show(QWidget *anchor, const QString &text, const QString &action = {}, std::function<void()> act = {});

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  explicit Toast(QWidget *window);
  void place();

  QLabel *m_text;
  QPushButton *m_action;
  QTimer *m_timer;
  std::function<void()> m_act;
};

} // namespace attune::ui
