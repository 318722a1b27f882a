#include "ui/models/cluster_runs.h"

#include "ui/bridge/run_bridge.h"
#include "ui/models/error_text.h"

#include <QDir>

#include <utility>

namespace attune::ui {

namespace {

QString keyOf(const std::string &folder) { return QDir::cleanPath(QString::fromStdString(folder)); }

/// For a run that is over: its end is known already.
struct Deaf : api::EventSink {
  void push(const api::RunEvent &) override {}
};

} // namespace

ClusterRuns::Live::~Live() {
  if (bridge) bridge->deleteLater();
}

ClusterRuns::ClusterRuns(api::ClusterService &service, TaskRunner &tasks, QObject *parent)
    : QObject(parent), m_service(service), m_tasks(tasks), m_mailbox(Mailbox::make(this)) {
  m_service.backend().onJob([this, box = m_mailbox](const api::ClusterJob &job) { box->post([this, job] { setJob(job); }); });
}

ClusterRuns::~ClusterRuns() {
  m_mailbox->close();
  m_service.backend().onJob({});
  for (const StopSource &fetching : std::as_const(m_fetching)) fetching.requestStop();
}

ClusterRuns::Live &ClusterRuns::makeLive(const QString &folder) {
  Live &live = m_live[folder];
  live.bridge = new RunBridge(this);
  connect(live.bridge, &RunBridge::arrived, this, [this, folder](const auto &events) { Q_EMIT arrived(folder, events); });
  return live;
}

void ClusterRuns::setHandle(const QString &folder, const Handle &handle) {
  const auto live = m_live.find(folder);
  if (live == m_live.end()) return;
  live->second.handle = handle;
  if (live->second.stopAsked) handle->requestStop();
  setJob(handle->job());
}

void ClusterRuns::start(const api::RunRequest &request) {
  const QString folder = keyOf(request.folder);
  if (isLive(folder)) return;
  Live &live = makeLive(folder);
  m_starting[folder] = m_tasks.run(
      this, [backend = &m_service.backend(), request, sink = live.bridge->sink()](StopToken) { return backend->startRun(request, sink); },
      [this, folder, request](const Result<Handle> &handle) {
        if (handle.ok()) return setHandle(folder, *handle);
        Q_EMIT refused(request, handle.error());
      });
}

void ClusterRuns::attachAll() {
  m_looking = m_tasks.run(
      this, [backend = &m_service.backend()](StopToken) { return backend->unfinished(); },
      [this](const std::vector<std::string> &folders) {
        for (const std::string &path : folders) {
          const QString folder = keyOf(path);
          if (isLive(folder)) continue;
          Live &live = makeLive(folder);
          Q_EMIT attached(folder); // its past is read before its news arrive
          m_starting[folder] = m_tasks.run(
              this, [backend = &m_service.backend(), path, sink = live.bridge->sink()](StopToken) { return backend->attach(path, sink); },
              [this, folder](const Result<Handle> &handle) {
                if (handle.ok()) return setHandle(folder, *handle);
                m_live.erase(folder);
                readJob(folder); // another program follows it: its files tell
              });
        }
      });
}

const api::ClusterJob *ClusterRuns::job(const QString &folder) const {
  const auto found = m_jobs.find(folder);
  return found == m_jobs.end() ? nullptr : &*found;
}

QString ClusterRuns::folderOf(const QString &token) const {
  for (auto job = m_jobs.cbegin(); job != m_jobs.cend(); ++job)
    if (job->token == token.toStdString()) return job.key();
  return {};
}

void ClusterRuns::setJob(const api::ClusterJob &job) {
  const QString folder = keyOf(job.folder);
  m_jobs.insert(folder, job);
  Q_EMIT jobChanged(folder);
}

void ClusterRuns::readJob(const QString &folder) {
  m_reading[folder] = m_tasks.run(
      this, [path = folder.toStdString()](StopToken) { return api::readClusterJob(path); },
      [this](const Result<api::ClusterJob> &job) {
        if (job.ok()) setJob(*job);
      });
}

void ClusterRuns::requestStop(const QString &folder) {
  const auto live = m_live.find(folder);
  if (live == m_live.end()) return;
  if (live->second.handle)
    live->second.handle->requestStop();
  else
    live->second.stopAsked = true;
}

void ClusterRuns::requestCheckpoint(const QString &folder) {
  const auto live = m_live.find(folder);
  if (live != m_live.end() && live->second.handle) live->second.handle->requestCheckpoint();
}

void ClusterRuns::withHandle(const QString &folder, std::function<void(const Handle &)> act) {
  const auto live = m_live.find(folder);
  if (live != m_live.end() && live->second.handle) return act(live->second.handle);
  const int number = ++m_asked; // each thing that is asked for is done
  m_asking[number] = m_tasks.run(
      this,
      [backend = &m_service.backend(), path = folder.toStdString()](StopToken) { return backend->attach(path, std::make_shared<Deaf>()); },
      [this, folder, number, act = std::move(act)](const Result<Handle> &handle) {
        m_asking.erase(number);
        if (handle.ok()) return act(*handle);
        m_fetching.remove(folder);
        Q_EMIT told(folder, errorText(handle.error()));
        Q_EMIT jobChanged(folder);
      });
}

void ClusterRuns::cancel(const QString &folder) {
  withHandle(folder, [this, folder](const Handle &handle) {
    handle->cancel([this, box = m_mailbox, folder, handle](const Result<std::string> &state) {
      box->post([this, folder, state] {
        if (!state.ok()) Q_EMIT told(folder, errorText(state.error()));
      });
    });
  });
}

void ClusterRuns::fetch(const QString &folder, api::FetchWhat what) {
  if (m_fetching.contains(folder)) return;
  const StopSource stop;
  m_fetching.insert(folder, stop);
  Q_EMIT jobChanged(folder);
  withHandle(folder, [this, folder, what, stop](const Handle &handle) {
    // The handle lives until the answer has come.
    handle->fetch(what, {}, stop.token(), [this, box = m_mailbox, folder, handle](const Status &status) {
      box->post([this, folder, status, handle] {
        m_fetching.remove(folder);
        setJob(handle->job());
        Q_EMIT told(folder, status.ok() ? tr("The result is on this machine.") : errorText(status.error()));
      });
    });
  });
}

void ClusterRuns::removeRemote(const QString &folder) {
  withHandle(folder, [this, folder](const Handle &handle) {
    handle->removeRemote([this, box = m_mailbox, folder, handle](const Status &status) {
      box->post([this, folder, status, handle] {
        setJob(handle->job());
        Q_EMIT told(folder, status.ok() ? tr("The run's folder on the cluster is gone.") : errorText(status.error()));
      });
    });
  });
}

} // namespace attune::ui
