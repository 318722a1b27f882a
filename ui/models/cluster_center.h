// The clusters as the window knows them: profiles, and of each its link, partitions, queue and environment check. Asks and keeps
// what came; answers arrive from the clusters' threads through a mailbox. GUI thread; nothing here blocks.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/bridge/mailbox.h"
#include "ui/bridge/task_runner.h"

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <QString>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace attune::ui {

/// Something that is asked for now and then: the last answer, or why there is none.
template <typename T> struct Asked {
  std::optional<T> value;
  std::optional<Error> problem;
  bool busy = false;
};

struct ClusterState {
  api::ClusterProfile profile;
  api::ClusterLink link;
  Asked<api::ClusterOverview> overview;
  Asked<std::vector<api::QueuedJob>> queue;
  Asked<api::EnvironmentReport> environment;
  Asked<api::ClusterWorkers> workers;
  QSet<QString> acting; // jobs of which something is asked just now
  QString name() const { return QString::fromStdString(profile.name); }
  /// What was seen there is another place's.
  void forget() { overview = {}, queue = {}, environment = {}, workers = {}; }
  /// Whether it waits for somebody to connect it.
  bool isIdle() const { return link.state == api::LinkState::Offline || link.state == api::LinkState::NeedsUser; }
  bool online() const { return link.state == api::LinkState::Online || link.state == api::LinkState::Degraded; }
};

class ClusterCenter : public QObject {
  Q_OBJECT

public:
  /// `service` may be null: then there are no clusters.
  ClusterCenter(api::ClusterService *service, TaskRunner &tasks, QObject *parent = nullptr);
  ~ClusterCenter() override;

  bool available() const { return m_service != nullptr; }
  /// In the order they were added. Whether they were read once.
  const std::vector<ClusterState> &clusters() const { return m_clusters; }
  bool known() const { return m_known; }
  const std::optional<Error> &problem() const { return m_problem; } // of clusters.json
  const ClusterState *find(const QString &name) const;

  void refresh();
  /// Adds the profile, or puts it in place of the one of its name; that one stays where runs are followed on its host and this is another.
  void save(const api::ClusterProfile &profile);
  void remove(const QString &name);

  void requestConnect(const QString &name);
  /// Once more, to put another key in the place of the one on file.
  void requestReplaceKey(const QString &name);
  void requestDisconnect(const QString &name);
  void lookAtPartitions(const QString &name);
  void lookAtQueue(const QString &name);
  void checkEnvironment(const QString &name);
  void lookAtWorkers(const QString &name);
  void act(const QString &name, const api::QueuedJob &job, api::JobAction action);
  /// `done` comes while `context` lives.
  void list(const QString &name, const QString &folder, QObject *context, std::function<void(Result<api::ClusterFiles>)> done);
  /// The connection itself, for transfers; null until it was made.
  std::shared_ptr<api::Cluster> connection(const QString &name) const { return m_connections.value(name); }
  /// While nobody looks, files of runs are read less often.
  void setVisible(bool visible);

Q_SIGNALS:
  void listChanged();
  void linkChanged(const QString &name);
  void changed(const QString &name); // partitions, queue, environment or training programs
  void moved(const QString &name);   // its profile names another host: what was seen there counts no more
  void acted(const QString &name, const QString &job, const QString &state);
  void failed(const QString &message);

private:
  ClusterState *entry(const QString &name);
  void meet(const QString &name);
  /// An answer for a cluster's thread that lets `done` have it here.
  template <typename T> api::Cluster::Answer<T> deliver(std::function<void(Result<T>)> done);
  template <typename T>
  void ask(const QString &name, Asked<T> ClusterState::*part, void (api::Cluster::*question)(api::Cluster::Answer<T>));
  void onLink(const QString &name, const api::ClusterLink &link);

  api::ClusterService *m_service;
  TaskRunner &m_tasks;
  std::shared_ptr<Mailbox> m_mailbox;
  std::vector<ClusterState> m_clusters;
  QHash<QString, std::shared_ptr<api::Cluster>> m_connections;
  std::optional<Error> m_problem;
  struct Change {
    std::function<Status()> work; // on another thread
    std::function<void(const Status &)> done;
  };
  void change(std::function<Status()> work, std::function<void(const Status &)> done);
  void writeNext();
  std::deque<Change> m_changes;
  Task m_reading, m_saving;
  std::map<QString, Task> m_meeting;
  bool m_known = false;
};

} // namespace attune::ui
