// The table of runs: a press on a row's box, or Space, shows or hides its curve and leaves the choice of rows alone. GUI thread.
#pragma once

#include <QTableView>

namespace attune::ui {

class RunTable : public QTableView {
  Q_OBJECT

public:
  explicit RunTable(QWidget *parent = nullptr);

  /// Columns of figures and states as wide as their texts can become; names take what is left.
  void fitColumns();

protected:
  void resizeEvent(QResizeEvent *event) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void mouseReleaseEvent(QMouseEvent *event) override;
  void mouseDoubleClickEvent(QMouseEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;

private:
  QModelIndex boxAt(const QPoint &position) const;
  void toggle(const QModelIndex &index);

  bool m_fitting = false, m_widthsChosen = false; // by hand
  bool m_onBox = false;                           // the button went down on a box
};

} // namespace attune::ui
