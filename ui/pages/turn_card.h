// One text of a row as a bubble: whose turn it is, the text to edit, what is wrong with it. GUI thread.
// Grows with its text; undo and redo are the document's, so the editor keeps none of its own.
#pragma once

#include "core/api/dataset_document.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QMenu;
class QPushButton;

namespace attune::ui {

class TextBox;

class TurnCard : public QFrame {
  Q_OBJECT

public:
  explicit TurnCard(QWidget *parent = nullptr);

  /// Shows a field of a row; a long text of that field of which a part is still to be sent stays as it is.
  void setField(api::RowId row, const api::RowField &field);
  /// Sends what is still held back.
  void flush();
  api::RowId row() const { return m_row; }
  void setProblems(const std::vector<api::RowProblem> &problems);
  const api::RowField &field() const { return m_field; }
  TextBox *editor() const { return m_text; }

Q_SIGNALS:
  /// `joined`: goes on with the typing of a moment ago.
  void typed(const QString &text, bool joined);
  void roleChosen(const QString &role);
  void turnWanted(int offset); // 0 before this one, 1 after it
  void moveWanted(int offset); // -1 up, 1 down
  void removeWanted();

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;

private:
  void onTyped();
  void send();
  void fit();
  void fillMenu(QMenu &menu);
  void showTexts();

  api::RowId m_row = 0;
  api::RowField m_field;
  QPushButton *m_role, *m_more;
  TextBox *m_text;
  QLabel *m_problem;
  QTimer m_settled; // runs while typing goes on
  QTimer m_hold;    // gathers the keystrokes of a very long text
  bool m_joined = false;
};

} // namespace attune::ui
