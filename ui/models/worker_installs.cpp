#include "ui/models/worker_installs.h"

#include <mutex>
#include <utility>

namespace attune::ui {

namespace {

constexpr int kCollectMs = 200;

} // namespace

struct WorkerInstalls::Told {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::optional<api::InstallProgress> progress;
};

WorkerInstalls::WorkerInstalls(ClusterCenter &clusters, QObject *parent)
    : QObject(parent), m_clusters(clusters), m_mailbox(Mailbox::make(this)) {
  m_timer.setInterval(kCollectMs);
  connect(&m_timer, &QTimer::timeout, this, qOverload<>(&WorkerInstalls::collect));
  connect(&m_clusters, &ClusterCenter::changed, this, &WorkerInstalls::takeUp);
  connect(&m_clusters, &ClusterCenter::moved, this, [this](const QString &name) {
    m_all.erase(name);
    Q_EMIT changed(name);
  });
  connect(&m_clusters, &ClusterCenter::linkChanged, this, [this](const QString &name) {
    const ClusterState *cluster = m_clusters.find(name);
    if (!cluster || !cluster->online()) m_lookedFor.remove(name);
  });
}

WorkerInstalls::~WorkerInstalls() {
  m_mailbox->close();
  for (const auto &[cluster, going] : m_all) going.leave.requestStop();
}

const WorkerInstall *WorkerInstalls::find(const QString &cluster) const {
  const auto found = m_all.find(cluster);
  return found == m_all.end() ? nullptr : &found->second.install;
}

void WorkerInstalls::start(const QString &cluster, const api::WorkerRequest &request) {
  const auto connection = m_clusters.connection(cluster);
  const ClusterState *state = m_clusters.find(cluster);
  if (!connection || !state || (find(cluster) && find(cluster)->running)) return;
  Going &going = m_all[cluster] = Going();
  going.install.running = true;
  going.install.request = request;
  going.script = state->profile.environmentScript;
  going.told = std::make_shared<Told>();
  const auto told = going.told;
  const api::InstallWatch watch = {[told](const api::InstallProgress &progress) {
                                     const std::lock_guard<std::mutex> lock(told->mutex);
                                     told->progress = progress;
                                   },
                                   [told](const std::string &line) {
                                     const std::lock_guard<std::mutex> lock(told->mutex);
                                     told->lines.push_back(line);
                                   }};
  m_timer.start();
  connection->installWorker(request, watch, going.leave.token(), [this, box = m_mailbox, cluster](const Result<api::WorkerReport> &result) {
    box->post([this, cluster, result] { onEnd(cluster, result); });
  });
  Q_EMIT changed(cluster);
}

void WorkerInstalls::stop(const QString &cluster) {
  const auto found = m_all.find(cluster);
  const auto connection = m_clusters.connection(cluster);
  if (found == m_all.end() || !connection || found->second.install.stopping) return;
  found->second.install.stopping = true;
  connection->stopWorkerBuild([this, box = m_mailbox, cluster](const Status &status) {
    box->post([this, cluster, status] {
      const auto asked = m_all.find(cluster);
      if (asked == m_all.end()) return;
      asked->second.install.stopping = false;
      if (!status.ok()) asked->second.install.problem = status.error();
      Q_EMIT changed(cluster);
    });
  });
  Q_EMIT changed(cluster);
}

void WorkerInstalls::use(const QString &cluster, const api::InstalledWorker &worker) {
  const ClusterState *state = m_clusters.find(cluster);
  if (!state || state->profile.worker == worker.binary) return;
  const QString before = QString::fromStdString(state->profile.worker);
  api::ClusterProfile profile = state->profile;
  profile.worker = worker.binary;
  m_clusters.save(profile);
  Q_EMIT adopted(cluster, before);
}

/// A build that goes on, or ended while no window was there.
void WorkerInstalls::takeUp(const QString &cluster) {
  const ClusterState *state = m_clusters.find(cluster);
  if (!state || !state->workers.value || state->workers.busy || !state->workers.value->build || m_lookedFor.contains(cluster)) return;
  m_lookedFor.insert(cluster);
  api::WorkerRequest attach;
  attach.attach = true;
  start(cluster, attach);
}

void WorkerInstalls::onEnd(const QString &cluster, const Result<api::WorkerReport> &result) {
  const auto found = m_all.find(cluster);
  if (found == m_all.end()) return;
  Going &going = found->second;
  collect(going);
  going.install.running = going.install.stopping = false;
  if (result.ok())
    going.install.report = *result;
  else
    going.install.problem = result.error();
  m_lookedFor.insert(cluster); // what ended is not taken up again
  const ClusterState *state = m_clusters.find(cluster);
  if (result.ok() && !result->worker.broken() && result->worker.forProfile && state && state->profile.environmentScript == going.script)
    use(cluster, result->worker);
  m_clusters.lookAtWorkers(cluster);
  Q_EMIT changed(cluster);
}

void WorkerInstalls::collect(Going &going) {
  std::vector<std::string> lines;
  {
    const std::lock_guard<std::mutex> lock(going.told->mutex);
    lines.swap(going.told->lines);
    if (going.told->progress) going.install.progress = *going.told->progress;
  }
  for (const std::string &line : lines) going.install.lines.push_back(QString::fromStdString(line));
  while (going.install.lines.size() > WorkerInstall::kMostLines) {
    going.install.lines.pop_front();
    ++going.install.forgotten;
  }
}

void WorkerInstalls::collect() {
  bool any = false;
  for (auto &[cluster, going] : m_all) {
    if (!going.install.running) continue;
    any = true;
    collect(going);
    Q_EMIT changed(cluster);
  }
  if (!any) m_timer.stop();
}

} // namespace attune::ui
