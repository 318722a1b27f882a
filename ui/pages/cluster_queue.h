// The jobs of our user on one cluster: ours to steer, others' to look at. GUI thread.
#pragma once

#include "ui/models/cluster_center.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace attune::ui {

class CommandButton;
class FactTable;

class ClusterQueue : public QWidget {
  Q_OBJECT

public:
  explicit ClusterQueue(ClusterCenter &clusters, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  FactTable *table() const { return m_table; }
  QPushButton *cancelButton() const { return m_cancel; }
  QPushButton *holdButton() const { return m_hold; } // releases a held one
  QPushButton *checkpointButton() const { return m_checkpoint; }
  QPushButton *showButton() const { return m_show; }
  QPushButton *lookButton() const { return m_look; }

Q_SIGNALS:
  /// The run behind a job that Attune submitted.
  void runRequested(const QString &token);

private:
  const api::QueuedJob *chosen() const;
  void fill();
  void showChosen();
  void askToCancel();

  ClusterCenter &m_clusters;
  QString m_name;
  FactTable *m_table;
  QLabel *m_message, *m_detail;
  QPushButton *m_show, *m_checkpoint, *m_hold, *m_cancel, *m_look;
  CommandButton *m_copy;
  bool m_held = false; // the chosen one
};

} // namespace attune::ui
