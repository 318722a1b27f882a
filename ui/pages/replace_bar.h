// Search and replace over the rows the table shows: what, by what, how; one button does it, one undo takes it back.
// GUI thread. Hidden until asked for.
#pragma once

#include "ui/models/dataset_session.h"

#include <QFrame>

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace attune::ui {

class ReplaceBar : public QFrame {
  Q_OBJECT

public:
  explicit ReplaceBar(DatasetSession &session, QWidget *parent = nullptr);
  void open();

protected:
  void keyPressEvent(QKeyEvent *event) override;

private:
  void replace();
  void showTexts();

  DatasetSession &m_session;
  QLineEdit *m_pattern, *m_replacement;
  QCheckBox *m_regex, *m_case;
  QPushButton *m_replace, *m_close;
};

} // namespace attune::ui
