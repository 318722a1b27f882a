// A run's log: search, follow the end, copy. Lines are drawn from the model, so any number of them is cheap. GUI thread.
#pragma once

#include "ui/models/run_model.h"

#include <QAbstractListModel>
#include <QPointer>
#include <QWidget>

class QCheckBox;
class QLineEdit;
class QListView;
class QPushButton;

namespace attune::ui {

class LogLines : public QAbstractListModel {
  Q_OBJECT

public:
  using QAbstractListModel::QAbstractListModel;
  void setRun(RunModel *run);
  void setFilter(const QString &text);
  int rowCount(const QModelIndex &parent = {}) const override;
  QVariant data(const QModelIndex &index, int role) const override;

private:
  void grow(int first);
  void rebuild();

  QPointer<RunModel> m_run;
  QString m_filter;
  std::vector<int> m_lines; // of the run's log, those that match
};

class RunLogView : public QWidget {
  Q_OBJECT

public:
  explicit RunLogView(QWidget *parent = nullptr);
  void setRun(RunModel *run);

private:
  void copy();

  LogLines *m_lines;
  QLineEdit *m_search;
  QCheckBox *m_follow;
  QPushButton *m_copy;
  QListView *m_view;
};

} // namespace attune::ui
