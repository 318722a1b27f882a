// What a job on a cluster was made of - its script, its values and run.json, as they lie in its folder there - and its raw log as it
// grows. Read from the run's folder here, which has the same bytes. GUI thread; files are read beside it.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/bridge/task_runner.h"
#include "ui/dialogs/text_files_dialog.h"

#include <QTimer>

namespace attune::ui {

/// Its texts are "run.log", "run.sh", "job.env" and "run.json".
class JobFilesDialog : public TextFilesDialog {
  Q_OBJECT

public:
  JobFilesDialog(const api::ClusterJob &job, TaskRunner &tasks, QWidget *parent = nullptr);

private:
  struct Read {
    bool there = false, same = false; // as long as before: not read again
    qint64 size = -1;
    bool cut = false;
    QStringList lines;
  };
  static Read readEnd(const QString &path, qint64 before);
  void onChosen(const QString &name) override;
  void read();
  void take(const Read &read);

  const QString m_folder, m_remote;
  TaskRunner &m_tasks;
  Task m_reading;
  bool m_busy = false;
  qint64 m_size = -1;
  QTimer m_timer;
};

} // namespace attune::ui
