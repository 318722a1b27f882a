// Draws a run's name with its colour dot: filled in the colour of its curve, hollow when it is not drawn. A click on the
// dot, or Space, toggles it. GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace attune::ui {

class RunTableDelegate : public QStyledItemDelegate {
  Q_OBJECT

public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
  bool editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option, const QModelIndex &index) override;
  void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace attune::ui
