// What the nodes of one cluster have, as the environment check says it: run, read, copied, saved; above it the training program that is
// installed there. GUI thread.
#pragma once

#include "ui/models/worker_installs.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace attune::ui {

class ClusterWorker;
class CommandButton;

class ClusterEnvironment : public QWidget {
  Q_OBJECT

public:
  ClusterEnvironment(ClusterCenter &clusters, WorkerInstalls &installs, TaskRunner &tasks, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  QPushButton *checkButton() const { return m_check; }
  QPlainTextEdit *text() const { return m_text; }
  ClusterWorker *worker() const { return m_worker; }

private:
  void fill();
  void save();

  ClusterCenter &m_clusters;
  TaskRunner &m_tasks;
  Task m_saving;
  QString m_name;
  ClusterWorker *m_worker;
  QLabel *m_about, *m_message;
  QPlainTextEdit *m_text;
  QPushButton *m_check, *m_copy, *m_save;
  CommandButton *m_command;
};

} // namespace attune::ui
