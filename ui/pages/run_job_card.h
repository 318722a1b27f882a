// The job behind a run on a cluster: where it is, what it waits for or how it ended; fetch, cancel, remove; its script and log. Hidden for
// a run of this machine. GUI thread.
#pragma once

#include "ui/models/cluster_center.h"
#include "ui/models/run_center.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace attune::ui {

class Chip;
class CommandButton;
class ElidedLabel;

class RunJobCard : public QFrame {
  Q_OBJECT

public:
  RunJobCard(RunCenter &runs, ClusterCenter &clusters, TaskRunner &tasks, QWidget *parent = nullptr);
  void setRun(const QString &folder);
  QPushButton *fetchButton() const { return m_fetch; }
  QPushButton *cancelButton() const { return m_cancel; }
  QPushButton *removeButton() const { return m_remove; }
  QPushButton *filesButton() const { return m_files; }

private:
  const api::ClusterJob *job() const;
  void refresh();

  RunCenter &m_runs;
  ClusterCenter &m_clusters;
  QString m_folder;
  Chip *m_state;
  ElidedLabel *m_place;
  QLabel *m_text;
  QPushButton *m_fetch, *m_all, *m_cancel, *m_remove, *m_files;
  CommandButton *m_copy;
};

} // namespace attune::ui
