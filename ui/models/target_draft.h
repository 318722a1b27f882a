// Where the run of the Train page goes while it is being chosen: this machine, or a cluster with what the run asks of it, checked
// against what the partitions allow. Remembers a card's memory once somebody has said it. GUI thread.
#pragma once

#include "core/api/cluster_target.h"
#include "ui/models/cluster_center.h"

#include <QHash>
#include <QObject>
#include <QString>

#include <optional>

namespace attune::ui {

class TargetDraft : public QObject {
  Q_OBJECT

public:
  explicit TargetDraft(ClusterCenter &clusters, QObject *parent = nullptr);

  /// Nothing = this machine.
  const std::optional<api::ClusterTarget> &target() const { return m_target; }
  void useHere();
  /// Begins with what the profile names; an empty `partition` = the profile's.
  void useCluster(const QString &name, const QString &partition = {});
  void set(const api::ClusterTarget &target);
  /// The options of Slurm as they are typed: "--constraint=a100 --exclusive".
  void setExtra(const QString &text);
  QString extra() const { return m_extra; }

  const ClusterState *cluster() const;
  /// Null while the partitions or this one are not known.
  const api::ClusterPartition *partition() const;
  /// What is asked for when nothing is typed: 8 a card.
  int64_t usualCores() const;
  /// Of the chosen kind of card, in bytes; 0 = nobody has said it.
  int64_t cardBytes() const;
  void setCardBytes(int64_t bytes);

  /// What is wrong, by member; empty where nothing is.
  const QHash<QString, QString> &problems() const { return m_problems; }
  /// What is worth knowing and hinders nothing; empty when there is nothing.
  QString notice() const;
  /// The command line that submits with these settings, but for what the settings file says.
  QString commandWords() const;

Q_SIGNALS:
  void changed();

private:
  void settle();
  void guess();
  void checkNames();
  void checkPartition();
  QString memoryKey() const;

  ClusterCenter &m_clusters;
  std::optional<api::ClusterTarget> m_target;
  QString m_extra;
  QHash<QString, QString> m_problems;
};

/// "90", "1:30", "2 h", "1 d" as minutes; -1 when it cannot be read.
int64_t minutesOf(const QString &text);
/// "90", "2 h", "1 d".
QString minutesText(int64_t minutes);

} // namespace attune::ui
