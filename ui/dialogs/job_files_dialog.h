// What a job on a cluster was made of - its script, its values and run.json, as they lie in its folder there - and its raw log as it
// grows. Read from the run's folder here, which has the same bytes. GUI thread; files are read beside it.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/bridge/task_runner.h"

#include <QDialog>
#include <QStringList>
#include <QTimer>

class QLabel;
class QPushButton;

namespace attune::ui {

class LineView;
class SegmentedSwitch;

class JobFilesDialog : public QDialog {
  Q_OBJECT

public:
  JobFilesDialog(const api::ClusterJob &job, TaskRunner &tasks, QWidget *parent = nullptr);
  LineView *lines() const { return m_view; }
  /// "run.log", "run.sh", "job.env" or "run.json".
  void showFile(const QString &name);

private:
  struct Read {
    bool there = false, same = false; // as long as before: not read again
    qint64 size = -1;
    bool cut = false;
    QStringList lines;
  };
  static Read readEnd(const QString &path, qint64 before);
  void read();
  void display(const Read &read);

  const QString m_folder, m_remote;
  TaskRunner &m_tasks;
  Task m_reading;
  bool m_busy = false;
  QString m_file;
  qint64 m_size = -1;
  QStringList m_lines;
  QTimer m_timer;
  SegmentedSwitch *m_choice;
  QLabel *m_place;
  LineView *m_view;
  QPushButton *m_copy, *m_close;
};

} // namespace attune::ui
