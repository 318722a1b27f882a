// Runs: the running one on top, the table at the left, and for the chosen ones curves, log, answers, settings and notes.
// GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/models/cluster_center.h"
#include "ui/models/run_center.h"
#include "ui/models/run_table_model.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;

namespace attune::ui {

class Banner;
class EmptyState;
class PageHeader;
class ProgressStrip;
class RunActions;
class RunCurves;
class RunJobCard;
class RunLogView;
class RunNotesView;
class RunSamplesView;
class RunSettingsView;
class RunTable;
class SegmentedSwitch;

class RunsPage : public QWidget {
  Q_OBJECT

public:
  RunsPage(RunCenter &runs, ClusterCenter &clusters, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);
  /// Chooses a run and draws it alone.
  void showRun(const QString &folder);
  /// Draws another run beside those drawn.
  void showAlso(const QString &folder);
  /// "curves", "log", "answers", "settings" or "notes".
  void showView(const QString &key);
  QString currentRun() const;
  RunCurves *curves() const { return m_curves; }
  RunLogView *logView() const { return m_log; }
  ProgressStrip *strip() const { return m_strip; }
  RunJobCard *jobCard() const { return m_job; }
  /// The run that the strip shows and steers: the chosen one when it goes on a cluster, else the one that goes here.
  QString steered() const { return m_runs.isRemote(m_current) ? m_current : m_runs.active(); }
  RunActions *runActions() const { return m_actions; }
  /// Asks for a folder, which may lie anywhere, and shows the run in it.
  void requestOpen();
  /// What was typed last and is not saved yet.
  void saveNotes();
  void open(const QString &folder);

Q_SIGNALS:
  void chatRequested(const QString &folder);
  void trainAgainRequested(const QString &folder);
  void tryRequested();

private:
  void setUpTable();
  static QStringList viewKeys();
  void choose(const QString &folder);
  void onSelected();
  QModelIndex currentIndex() const;
  void markCurrent();
  QStringList selected() const; // in the table
  void onListChanged();
  void draw();
  void showActive();
  void showCounts();
  void showProblems();
  void showMenu(const QPoint &position);
  void compare();

  RunCenter &m_runs;
  const Services &m_services;
  RunTableModel *m_model;
  QSortFilterProxyModel *m_filtered;
  TaskRunner &m_tasks;
  Task m_looking;
  RunActions *m_actions;
  PageHeader *m_header;
  QPushButton *m_compare, *m_again, *m_export, *m_chat, *m_continue;
  Banner *m_waiting, *m_problem;
  RunJobCard *m_job;
  ProgressStrip *m_strip;
  QLineEdit *m_search;
  RunTable *m_table;
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
  QString m_opening;   // shown when the list has it
  QStringList m_shown; // drawn in the charts, in order of their colours
  QString m_passing;   // the one of them that is drawn only while it is chosen
  int m_row = 0;       // of the chosen run
};

} // namespace attune::ui
