// What the login node of one cluster has, as the environment check says it: run, read, copied, saved. GUI thread.
#pragma once

#include "ui/models/cluster_center.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace attune::ui {

class CommandButton;

class ClusterEnvironment : public QWidget {
  Q_OBJECT

public:
  ClusterEnvironment(ClusterCenter &clusters, TaskRunner &tasks, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  QPushButton *checkButton() const { return m_check; }
  QPlainTextEdit *text() const { return m_text; }

private:
  void fill();
  void save();

  ClusterCenter &m_clusters;
  TaskRunner &m_tasks;
  Task m_saving;
  QString m_name;
  QLabel *m_about, *m_message;
  QPlainTextEdit *m_text;
  QPushButton *m_check, *m_copy, *m_save;
  CommandButton *m_command;
};

} // namespace attune::ui
