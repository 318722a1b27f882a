// A table that shows rows of facts: chosen by row, read with the keys, never edited. GUI thread.
#pragma once

#include <QTableWidget>

namespace attune::ui {

class FactTable : public QTableWidget {
  Q_OBJECT

public:
  explicit FactTable(int columns, QWidget *parent = nullptr);
  /// The column that takes the room that is left.
  void setWide(int column);
  /// As many rows as `rows`, in place. The chosen row is known by its first column, wherever it is now; when it is gone none is chosen.
  void setRows(const QVector<QStringList> &rows);
};

} // namespace attune::ui
