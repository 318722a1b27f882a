// The rows of the open dataset as a table that is as long as the file and holds only what is on the screen. GUI thread.
// Texts arrive a moment after a row is first shown; sorting is the session's work.
#pragma once

#include "ui/models/dataset_session.h"

#include <QAbstractTableModel>

namespace attune::ui {

class DatasetTableModel : public QAbstractTableModel {
  Q_OBJECT

public:
  enum Column { Number, Text, Turns, Tokens, Trained, Problems, ColumnCount };

  explicit DatasetTableModel(DatasetSession &session, QObject *parent = nullptr);

  int rowCount(const QModelIndex &parent = {}) const override;
  int columnCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : ColumnCount; }
  QVariant data(const QModelIndex &index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;

  api::RowId rowAt(int index) const { return m_session.view()[static_cast<size_t>(index)]; }
  void retranslate() { Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1); }

private:
  void onView();
  QVariant text(api::RowId row, int column) const;
  QString problems(const api::RowFigures &known) const;

  DatasetSession &m_session;
  int m_count = 0;
};

} // namespace attune::ui
