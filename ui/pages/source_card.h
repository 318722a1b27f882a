// A card that names a choice - model, data, place - with a line about it and a menu that changes it. GUI thread.
#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QMenu;
class QPushButton;

namespace attune::ui {

class ElidedLabel;

class SourceCard : public QFrame {
  Q_OBJECT

public:
  explicit SourceCard(QWidget *parent = nullptr);
  void setTitle(const QString &title);
  void setValue(const QString &value, const QString &about);
  void setProblem(const QString &problem);
  /// `fill` is asked for the menu's entries each time it opens; without it the card only shows.
  QPushButton *button() const { return m_value; }
  void setMenu(std::function<void(QMenu &)> fill);

protected:
  void resizeEvent(QResizeEvent *event) override;

private:
  void showText();

  QLabel *m_title;
  QPushButton *m_value;
  ElidedLabel *m_about;
  QString m_text;
  QString m_problem;
};

} // namespace attune::ui
