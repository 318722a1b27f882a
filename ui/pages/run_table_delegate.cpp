#include "ui/pages/run_table_delegate.h"

#include "ui/models/run_table_model.h"
#include "ui/widgets/theme.h"

#include <QPainter>

namespace attune::ui {

void RunTableDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const {
  const Theme &look = theme();
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->fillRect(option.rect, look.color(option.state & QStyle::State_Selected ? Tone::Tint : Tone::Surface));
  painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), look.color(Tone::Line));
  const QColor color = index.data(RunTableModel::ColorRole).value<QColor>();
  const QRectF dot(option.rect.left() + 10, option.rect.center().y() - 4.5, 10, 10);
  painter->setPen(QPen(color.isValid() ? color : look.color(Tone::Muted), 1.2));
  painter->setBrush(color.isValid() ? QBrush(color) : Qt::NoBrush);
  painter->drawRoundedRect(dot, 3, 3);
  painter->setPen(look.color(Tone::Text));
  const QRect text = option.rect.adjusted(kBoxWidth, 0, -4, 0);
  painter->drawText(text, Qt::AlignVCenter | Qt::AlignLeft,
                    option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, text.width()));
  painter->restore();
}

bool RunTableDelegate::editorEvent(QEvent *, QAbstractItemModel *, const QStyleOptionViewItem &, const QModelIndex &) { return false; }

void RunTableDelegate::updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &) const {
  editor->setGeometry(option.rect.adjusted(kBoxWidth - 8, 1, 0, -1));
}

} // namespace attune::ui
