#include "ui/models/cluster_center.h"

#include "ui/models/error_text.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace attune::ui {

namespace {

bool isElsewhere(const api::ClusterProfile &one, const api::ClusterProfile &other) {
  return std::tie(one.host, one.port, one.user) != std::tie(other.host, other.port, other.user);
}

} // namespace

ClusterCenter::ClusterCenter(api::ClusterService *service, TaskRunner &tasks, QObject *parent)
    : QObject(parent), m_service(service), m_tasks(tasks), m_mailbox(Mailbox::make(this)) {}

ClusterCenter::~ClusterCenter() {
  m_mailbox->close();
  for (const auto &connection : std::as_const(m_connections)) connection->onLink({});
}

ClusterState *ClusterCenter::entry(const QString &name) {
  const auto found = std::find_if(m_clusters.begin(), m_clusters.end(), [&](const ClusterState &one) { return one.name() == name; });
  return found == m_clusters.end() ? nullptr : &*found;
}

const ClusterState *ClusterCenter::find(const QString &name) const { return const_cast<ClusterCenter *>(this)->entry(name); }

void ClusterCenter::refresh() {
  if (!m_service) return;
  m_reading = m_tasks.run(
      this, [store = &m_service->profiles()](StopToken) { return store->list(); },
      [this](Result<std::vector<api::ClusterProfile>> profiles) {
        m_known = true;
        m_problem.reset();
        if (profiles.ok()) {
          std::vector<ClusterState> now;
          for (const api::ClusterProfile &profile : *profiles) {
            const QString name = QString::fromStdString(profile.name);
            ClusterState *before = entry(name);
            now.push_back(before ? std::move(*before) : ClusterState());
            now.back().profile = profile;
          }
          m_clusters = std::move(now);
          for (const ClusterState &one : m_clusters) meet(one.name());
        } else {
          m_problem = profiles.error();
        }
        Q_EMIT listChanged();
      });
}

/// Gets the connection of a profile (which reads the disk) and listens to its link.
void ClusterCenter::meet(const QString &name) {
  if (m_connections.contains(name)) return;
  m_meeting[name] = m_tasks.run(
      this, [service = m_service, key = name.toStdString()](StopToken) { return service->cluster(key); },
      [this, name](Result<std::shared_ptr<api::Cluster>> cluster) {
        if (!entry(name) || m_connections.contains(name)) return;
        if (!cluster.ok()) return Q_EMIT failed(errorText(cluster.error()));
        m_connections.insert(name, *cluster);
        (*cluster)->onLink(
            [box = m_mailbox, this, name](const api::ClusterLink &link) { box->post([this, name, link] { onLink(name, link); }); });
        onLink(name, (*cluster)->link());
      });
}

void ClusterCenter::onLink(const QString &name, const api::ClusterLink &link) {
  ClusterState *cluster = entry(name);
  if (!cluster) return;
  const bool before = cluster->online();
  cluster->link = link;
  Q_EMIT linkChanged(name);
  if (!before && cluster->online()) {
    lookAtPartitions(name);
    lookAtQueue(name);
    lookAtWorkers(name);
  }
}

void ClusterCenter::save(const api::ClusterProfile &profile) {
  if (ClusterState *known = entry(QString::fromStdString(profile.name))) known->profile = profile; // and the disk soon
  const auto before = std::make_shared<std::optional<api::ClusterProfile>>();
  change(
      [service = m_service, profile, before]() -> Status {
        ATTUNE_TRY(const auto stored, service->profiles().list());
        for (const api::ClusterProfile &one : stored)
          if (one.name == profile.name) *before = one;
        ATTUNE_CHECK(service->profiles().save(profile));
        const auto connection = service->cluster(profile.name); // one that is there takes the change up, or refuses it
        if (connection.ok()) return {};
        static_cast<void>(*before ? service->profiles().save(**before) : service->profiles().remove(profile.name));
        return connection.error();
      },
      [this, profile, before](const Status &status) {
        const QString name = QString::fromStdString(profile.name);
        if (ClusterState *known = entry(name); known && status.ok() && *before && isElsewhere(profile, **before)) {
          known->forget();
          Q_EMIT moved(name);
        }
        if (const ClusterState *known = find(name); known && known->online()) lookAtWorkers(name); // another script, another program
      });
}

void ClusterCenter::remove(const QString &name) {
  if (const auto connection = m_connections.take(name)) {
    connection->onLink({});
    connection->disconnect();
  }
  change([store = &m_service->profiles(), key = name.toStdString()] { return store->remove(key); }, [](const Status &) {});
}

/// Changes of the list are written in the order in which they were made.
void ClusterCenter::change(std::function<Status()> work, std::function<void(const Status &)> done) {
  m_changes.push_back({std::move(work), std::move(done)});
  if (m_changes.size() == 1) writeNext();
}

void ClusterCenter::writeNext() {
  m_saving = m_tasks.run(
      this, [work = m_changes.front().work](StopToken) { return work(); },
      [this](const Status &status) {
        const auto done = std::move(m_changes.front().done);
        m_changes.pop_front();
        if (!m_changes.empty()) writeNext();
        if (!status.ok()) Q_EMIT failed(errorText(status.error()));
        done(status);
        refresh();
      });
}

void ClusterCenter::requestConnect(const QString &name) {
  if (const auto connection = m_connections.value(name)) connection->connect();
}

void ClusterCenter::requestReplaceKey(const QString &name) {
  if (const auto connection = m_connections.value(name)) connection->replaceKey();
}

void ClusterCenter::requestDisconnect(const QString &name) {
  if (const auto connection = m_connections.value(name)) connection->disconnect();
}

template <typename T> api::Cluster::Answer<T> ClusterCenter::deliver(std::function<void(Result<T>)> done) {
  return [box = m_mailbox, done = std::move(done)](Result<T> result) { box->post([done, result = std::move(result)] { done(result); }); };
}

template <typename T>
void ClusterCenter::ask(const QString &name, Asked<T> ClusterState::*part, void (api::Cluster::*question)(api::Cluster::Answer<T>)) {
  ClusterState *cluster = entry(name);
  const auto connection = m_connections.value(name);
  if (!cluster || !connection || (cluster->*part).busy) return;
  (cluster->*part).busy = true;
  Q_EMIT changed(name);
  ((*connection).*question)(deliver<T>([this, name, part](Result<T> result) {
    ClusterState *asker = entry(name);
    if (!asker) return;
    Asked<T> &asked = asker->*part;
    asked.busy = false;
    asked.problem.reset();
    if (result.ok())
      asked.value = std::move(*result);
    else
      asked.problem = result.error();
    Q_EMIT changed(name);
  }));
}

void ClusterCenter::lookAtPartitions(const QString &name) { ask(name, &ClusterState::overview, &api::Cluster::overview); }
void ClusterCenter::lookAtQueue(const QString &name) { ask(name, &ClusterState::queue, &api::Cluster::queue); }
void ClusterCenter::checkEnvironment(const QString &name) { ask(name, &ClusterState::environment, &api::Cluster::checkEnvironment); }
void ClusterCenter::lookAtWorkers(const QString &name) { ask(name, &ClusterState::workers, &api::Cluster::workers); }

void ClusterCenter::act(const QString &name, const api::QueuedJob &job, api::JobAction action) {
  const auto connection = m_connections.value(name);
  ClusterState *cluster = entry(name);
  const QString id = QString::fromStdString(job.id);
  if (!connection || !cluster || cluster->acting.contains(id)) return;
  cluster->acting.insert(id);
  Q_EMIT changed(name);
  connection->act(job, action, deliver<std::string>([this, name, id](const Result<std::string> &state) {
                    if (ClusterState *known = entry(name)) known->acting.remove(id);
                    if (state.ok())
                      Q_EMIT acted(name, id, QString::fromStdString(*state));
                    else
                      Q_EMIT failed(errorText(state.error()));
                    lookAtQueue(name);
                  }));
}

void ClusterCenter::list(const QString &name, const QString &folder, QObject *context,
                         std::function<void(Result<api::ClusterFiles>)> done) {
  const auto connection = m_connections.value(name);
  if (!connection) return;
  connection->list(folder.toStdString(), deliver<api::ClusterFiles>([guard = QPointer<QObject>(context),
                                                                     done = std::move(done)](const Result<api::ClusterFiles> &files) {
                     if (guard) done(files);
                   }));
}

void ClusterCenter::setVisible(bool visible) {
  if (m_service) m_service->backend().setVisible(visible);
}

} // namespace attune::ui
