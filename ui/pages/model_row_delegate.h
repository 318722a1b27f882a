// Draws a model of the list: name and size, what it is, and whether it fits here. GUI thread.
#pragma once

#include "ui/models/model_shelf.h"
#include "ui/widgets/theme.h"

#include <QStyledItemDelegate>

namespace attune::ui {

/// What the list says of a model's state, and in which tone.
struct ModelState {
  QString text;
  Tone tone = Tone::Muted;
};
ModelState modelState(const ShelfModel &model);
/// "Llama · 134.5 M parameters".
QString modelKind(const ShelfModel &model);

class ModelRowDelegate : public QStyledItemDelegate {
  Q_OBJECT

public:
  /// A row's path is its Qt::UserRole.
  ModelRowDelegate(const ModelShelf &shelf, QObject *parent) : QStyledItemDelegate(parent), m_shelf(shelf) {}
  void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
  QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override { return {200, 60}; }

private:
  const ModelShelf &m_shelf;
};

} // namespace attune::ui
