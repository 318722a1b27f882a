// The training program of one cluster on a line: what is installed for the profile's environment script, how an installation goes,
// and the way to its dialog. GUI thread.
#pragma once

#include "ui/models/worker_installs.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attune::ui {

class ClusterWorker : public QWidget {
  Q_OBJECT

public:
  ClusterWorker(ClusterCenter &clusters, WorkerInstalls &installs, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  void install();
  QPushButton *installButton() const { return m_install; }
  QPushButton *useButton() const { return m_use; }
  QLabel *stateLabel() const { return m_state; }

private:
  void fill();
  QString stateText(const ClusterState &cluster) const;

  ClusterCenter &m_clusters;
  WorkerInstalls &m_installs;
  QString m_name;
  QLabel *m_title, *m_state;
  QProgressBar *m_bar;
  QPushButton *m_use, *m_install;
};

} // namespace attune::ui
