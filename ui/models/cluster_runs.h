// Runs on clusters that this window follows: starts them, attaches to those of an earlier time, steers them, and hands on their
// events and the state of their jobs. GUI thread; the disk and the network are somebody else's thread. Runs go on without it.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/bridge/mailbox.h"
#include "ui/bridge/task_runner.h"

#include <QHash>
#include <QObject>
#include <QString>

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace attune::ui {

class RunBridge;

class ClusterRuns : public QObject {
  Q_OBJECT

public:
  ClusterRuns(api::ClusterService &service, TaskRunner &tasks, QObject *parent = nullptr);
  ~ClusterRuns() override;

  void start(const api::RunRequest &request);
  /// Looks for runs whose job is not over; attached() tells of each.
  void attachAll();
  /// Whether its events are still awaited.
  bool isLive(const QString &folder) const { return m_live.find(folder) != m_live.end(); }
  /// The job behind a run as last seen; null before that. readJob() looks on the disk for one of an earlier time.
  const api::ClusterJob *job(const QString &folder) const;
  void readJob(const QString &folder);
  /// The run behind a job by its token; empty for one that is not known here.
  QString folderOf(const QString &token) const;
  /// Its run_finished has come.
  void release(const QString &folder) { m_live.erase(folder); }

  /// Lets the training write a checkpoint and end; a waiting job is cancelled.
  void requestStop(const QString &folder);
  void requestCheckpoint(const QString &folder);
  /// Ends the job whatever it does.
  void cancel(const QString &folder);
  void fetch(const QString &folder, api::FetchWhat what);
  bool isFetching(const QString &folder) const { return m_fetching.contains(folder); }
  void removeRemote(const QString &folder);

Q_SIGNALS:
  void attached(const QString &folder);
  void arrived(const QString &folder, const std::vector<attune::api::RunEvent> &events);
  /// It did not even begin; release() it.
  void refused(const attune::api::RunRequest &request, const attune::Error &error);
  void jobChanged(const QString &folder);
  void told(const QString &folder, const QString &message); // how something asked for went

private:
  using Handle = std::shared_ptr<api::ClusterRun>;
  struct Live {
    RunBridge *bridge = nullptr; // a child
    Handle handle;               // null until the backend has answered
    bool stopAsked = false;      // before that
    ~Live();
    Live() = default;
    Live(const Live &) = delete;
    Live &operator=(const Live &) = delete;
  };
  Live &makeLive(const QString &folder);
  void setHandle(const QString &folder, const Handle &handle);
  void setJob(const api::ClusterJob &job);
  /// The handle of a run, attached to for this where it is over.
  void withHandle(const QString &folder, std::function<void(const Handle &)> act);

  api::ClusterService &m_service;
  TaskRunner &m_tasks;
  std::shared_ptr<Mailbox> m_mailbox;
  std::map<QString, Live> m_live;
  QHash<QString, api::ClusterJob> m_jobs;
  QHash<QString, StopSource> m_fetching;
  std::map<QString, Task> m_starting, m_reading;
  std::map<int, Task> m_asking;
  int m_asked = 0;
  Task m_looking;
};

} // namespace attune::ui
