// The runs as a table: name, model, data, state, loss, started, duration. GUI thread; reads RunCenter.
#pragma once

#include "ui/models/run_center.h"

#include <QAbstractTableModel>
#include <QSet>

namespace attune::ui {

class RunTableModel : public QAbstractTableModel {
  Q_OBJECT

public:
  enum Column { Name, Model, Data, State, Loss, Started, Duration, Size, Tags, Where, ColumnCount };
  enum Role { FolderRole = Qt::UserRole, SortRole, ColorRole, SearchRole };

  explicit RunTableModel(RunCenter &runs, QObject *parent = nullptr);
  int rowCount(const QModelIndex &parent = {}) const override;
  int columnCount(const QModelIndex &parent = {}) const override;
  QVariant data(const QModelIndex &index, int role) const override;
  bool setData(const QModelIndex &index, const QVariant &value, int role) override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex &index) const override;

  /// The runs drawn in the charts carry a series colour; the others an empty dot.
  void setShown(const QStringList &folders);
  int rowOf(const QString &folder) const;
  void retranslate();
  static QString tagsText(const api::RunSummary &run);

Q_SIGNALS:
  void shownToggled(const QString &folder, bool shown);

private:
  QString text(const api::RunSummary &run, int column) const;
  QVariant sortValue(const api::RunSummary &run, int column) const;

  RunCenter &m_runs;
  std::vector<api::RunSummary> m_rows;
  QStringList m_shown;
};

} // namespace attune::ui
