// Cluster: the supercomputers this person uses, at the left, and of the chosen one its link, partitions, queue, files and environment.
// Shows a ClusterCenter. GUI thread.
#pragma once

#include "ui/models/cluster_transfers.h"
#include "ui/models/worker_installs.h"
#include "ui/widgets/keyed_list.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace attune::ui {

class Banner;
class Chip;
class ClusterEnvironment;
class ClusterFiles;
class ClusterPartitions;
class ClusterQueue;
class CommandButton;
class ElidedLabel;
class EmptyState;
class PageHeader;
class SegmentedSwitch;

class ClusterPage : public QWidget {
  Q_OBJECT

public:
  ClusterPage(ClusterCenter &clusters, TaskRunner &tasks, QWidget *parent = nullptr);
  QString current() const { return m_list->current(); }
  void choose(const QString &name) { m_list->choose(name); }
  /// "partitions", "queue", "files" or "environment".
  void showView(const QString &key);
  void addCluster();
  KeyedList *list() const { return m_list; }
  QPushButton *connectButton() const { return m_connect; } // disconnects when connected
  ClusterPartitions *partitions() const { return m_partitions; }
  ClusterQueue *queue() const { return m_queue; }
  ClusterFiles *files() const { return m_files; }
  ClusterEnvironment *environment() const { return m_environment; }
  Banner *banner() const { return m_banner; }
  WorkerInstalls &installs() { return m_installs; }

Q_SIGNALS:
  void trainRequested(const QString &cluster, const QString &partition);
  void runRequested(const QString &token);

protected:
  void showEvent(QShowEvent *event) override;

private:
  static QStringList viewKeys();
  QWidget *makeDetails();
  void makeActions();
  void fill();
  void showRow(int row);
  void showCurrent();
  void showLink();
  void showTrouble();
  void onSecond();
  void edit();
  void remove();

  ClusterCenter &m_clusters;
  ClusterTransfers m_transfers;
  WorkerInstalls m_installs;
  TaskRunner &m_tasks;
  PageHeader *m_header;
  QPushButton *m_add, *m_connect, *m_edit, *m_remove;
  CommandButton *m_copy;
  Banner *m_problem, *m_banner;
  QStackedWidget *m_body, *m_stack;
  EmptyState *m_empty;
  KeyedList *m_list;
  QLabel *m_name;
  Chip *m_link;
  ElidedLabel *m_about;
  SegmentedSwitch *m_views;
  ClusterPartitions *m_partitions;
  ClusterQueue *m_queue;
  ClusterFiles *m_files;
  ClusterEnvironment *m_environment;
  QTimer m_tick; // the countdown, and now and then another look at the queue
  int m_seconds = 0;
};

} // namespace attune::ui
