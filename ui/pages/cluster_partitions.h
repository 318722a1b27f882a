// The partitions of one cluster with what is free on them, and what the site's own command prints. GUI thread.
#pragma once

#include "ui/models/cluster_center.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace attune::ui {

class CodeView;
class CommandButton;
class FactTable;

class ClusterPartitions : public QWidget {
  Q_OBJECT

public:
  explicit ClusterPartitions(ClusterCenter &clusters, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  FactTable *table() const { return m_table; }
  QPushButton *trainButton() const { return m_train; }
  QPushButton *lookButton() const { return m_look; }

Q_SIGNALS:
  void trainRequested(const QString &cluster, const QString &partition);

private:
  void fill();
  void showChosen();

  ClusterCenter &m_clusters;
  QString m_name;
  FactTable *m_table;
  QLabel *m_message, *m_site;
  CodeView *m_raw;
  QPushButton *m_train, *m_look;
  CommandButton *m_copy;
};

} // namespace attune::ui
