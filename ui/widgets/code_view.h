// A block of code: its language, a button that copies it, and its lines unwrapped; long ones scroll. GUI thread.
#pragma once

#include <QFrame>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace attune::ui {

class CodeView : public QFrame {
  Q_OBJECT

public:
  explicit CodeView(QWidget *parent = nullptr);
  /// Text that only grew is appended, so that a long block costs what is new.
  void setCode(const QString &code, const QString &language);

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  void fitHeight();

  QString m_code;
  QString m_shown;
  QLabel *m_language;
  QPushButton *m_copy;
  QPlainTextEdit *m_text;
};

} // namespace attune::ui
