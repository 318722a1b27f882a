// Everything one can do with the chosen run, as actions of the page: for its menu, the table's context menu and shortcuts.
// Each looks at the run's state before it shows or acts. GUI thread; owned by the page.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/models/run_center.h"

#include <QAction>

#include <functional>

namespace attune::ui {

class RunActions : public QObject {
  Q_OBJECT

public:
  /// Shortcuts count while `table` has the focus.
  RunActions(RunCenter &runs, TaskRunner &tasks, QWidget *table, QWidget *page);
  void setRun(const QString &folder);
  /// The runs selected together, the chosen one among them; they go to the trash together.
  void setSelection(std::function<QStringList()> selected) { m_selected = std::move(selected); }
  /// In the order of a menu, separators among them.
  QList<QAction *> all() const { return m_all; }
  void refresh();

  void moveUp() { m_runs.moveInQueue(m_folder, -1); }
  void moveDown() { m_runs.moveInQueue(m_folder, 1); }
  void takeOut();
  void moveToTrash();

Q_SIGNALS:
  void renameRequested();
  void restored(const QString &folder); // out of the trash; about to come back into the list

private:
  QAction *add(const QKeySequence &keys, std::function<void()> act);
  void addSeparator();
  using Trashed = std::vector<std::pair<QString, QString>>; // folder, and where it is now: empty = it could not be moved
  QStringList trashable() const;
  void tellTrashed(const Trashed &all);
  void restore(const Trashed &all);

  RunCenter &m_runs;
  TaskRunner &m_tasks;
  QWidget *m_table, *m_page;
  QString m_folder;
  std::function<QStringList()> m_selected;
  QList<QAction *> m_all;
  QAction *m_rename, *m_up, *m_down, *m_out, *m_open, *m_trash;
  Task m_moving;
};

} // namespace attune::ui
