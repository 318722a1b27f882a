// Draws a run's name with its box: filled in the colour of its curve, hollow when it is not drawn. The table toggles it, not
// the delegate, for which a press has chosen the row already. GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace attune::ui {

class RunTableDelegate : public QStyledItemDelegate {
  Q_OBJECT

public:
  static constexpr int kBoxWidth = 30; // what a click may hit

  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
  bool editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option, const QModelIndex &index) override;
  void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace attune::ui
