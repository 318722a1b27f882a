// Runs: the running one on top, the table at the left, and for the chosen ones curves, log, answers, settings and notes.
// GUI thread.
#pragma once

#include "ui/models/run_center.h"
#include "ui/models/run_table_model.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;

namespace attune::ui {

class EmptyState;
class PageHeader;
class ProgressStrip;
class RunCurves;
class RunLogView;
class RunNotesView;
class RunSamplesView;
class RunSettingsView;
class SegmentedSwitch;

class RunsPage : public QWidget {
  Q_OBJECT

public:
  RunsPage(RunCenter &runs, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);
  /// Chooses a run and draws it alone.
  void showRun(const QString &folder);
  /// Draws another run beside those drawn.
  void showAlso(const QString &folder);
  QString currentRun() const;
  RunCurves *curves() const { return m_curves; }

Q_SIGNALS:
  void chatRequested(const QString &folder);
  void trainAgainRequested(const QString &folder);
  void tryRequested();

private:
  void setUpTable();
  static QStringList viewKeys();
  void choose(const QString &folder);
  void onListChanged();
  void draw();
  void showActive();
  void showCounts();
  void showMenu(const QPoint &position);
  void requestOpen();
  void requestDelete(const QString &folder);

  RunCenter &m_runs;
  const Services &m_services;
  RunTableModel *m_model;
  QSortFilterProxyModel *m_filtered;
  PageHeader *m_header;
  QPushButton *m_again, *m_export, *m_chat, *m_continue;
  ProgressStrip *m_strip;
  QLineEdit *m_search;
  QTableView *m_table;
  SegmentedSwitch *m_views;
  QStackedWidget *m_stack;
  QStackedWidget *m_body;
  RunCurves *m_curves;
  RunLogView *m_log;
  RunSamplesView *m_samples;
  RunSettingsView *m_settings;
  RunNotesView *m_notes;
  EmptyState *m_empty;
  QString m_current;
  QStringList m_shown; // drawn in the charts, in order of their colours
};

} // namespace attune::ui
