#include "remote/run/cluster_service.h"

#include "core/base/program_folder.h"
#include "core/base/workspace.h"
#include "remote/run/clusters_file.h"
#include "remote/run/host_cluster.h"
#include "remote/run/installed_workers.h"
#include "remote/run/slurm_backend.h"

#include <map>
#include <mutex>

namespace attune::remote {
namespace {

class Service : public api::ClusterService {
public:
  explicit Service(ClusterServiceOptions options)
      : m_options(std::move(options)), m_profiles(m_options.workspace),
        m_backend(
            m_options.workspace, [this](const std::string &profile) { return workerOf(profile); },
            [this](bool visible) { setVisible(visible); }) {
    if (m_options.home.empty()) m_options.home = homeFolder();
    if (m_options.workerBundle.empty()) m_options.workerBundle = findWorkerBundle(programFolder());
  }
  ~Service() override {
    std::map<std::string, std::shared_ptr<HostWorker>> workers;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      workers.swap(m_workers);
    }
    for (const auto &[name, worker] : workers) worker->stop();
  }

  api::ClusterStore &profiles() override { return m_profiles; }
  api::ClusterBackend &backend() override { return m_backend; }
  Result<std::shared_ptr<api::Cluster>> cluster(const std::string &profile) override {
    ATTUNE_TRY(auto worker, workerOf(profile));
    return std::shared_ptr<api::Cluster>(std::make_shared<HostCluster>(std::move(worker), m_options.workerBundle));
  }

private:
  Result<std::shared_ptr<HostWorker>> workerOf(const std::string &name) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const auto known = m_workers.find(name);
    const auto profiles = m_profiles.list();
    if (!profiles.ok() && known == m_workers.end()) return profiles.error();
    for (const api::ClusterProfile &profile : profiles.ok() ? *profiles : std::vector<api::ClusterProfile>()) {
      if (profile.name != name) continue;
      if (known == m_workers.end()) {
        const HostWorker::Options options{profile, m_options.home, m_options.workspace + "/known_hosts", m_options.prompts};
        return m_workers[name] = std::make_shared<HostWorker>(options);
      }
      ATTUNE_CHECK(known->second->setProfile(profile)); // as it was edited since
    }
    if (known != m_workers.end()) return known->second; // its profile may be gone
    return Error{ErrorCode::Usage, "There is no cluster of this name.", name, "Look at the list of clusters, or add it."};
  }
  void setVisible(bool visible) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const auto &[name, worker] : m_workers) worker->setVisible(visible);
  }

  ClusterServiceOptions m_options;
  ClustersFile m_profiles;
  std::mutex m_mutex;
  std::map<std::string, std::shared_ptr<HostWorker>> m_workers;
  SlurmBackend m_backend;
};

} // namespace

std::unique_ptr<api::ClusterService> makeClusterService(ClusterServiceOptions options) {
  return std::make_unique<Service>(std::move(options));
}

} // namespace attune::remote
