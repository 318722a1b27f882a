// api::ClusterBackend over the workers of the hosts. Any thread; calls return at once but for the disk. Runs that go on are kept by
// their workers, so that dropping a handle or the sink's owner ends nothing.
#pragma once

#include "core/api/cluster_run.h"
#include "remote/run/host_worker.h"

#include <functional>
#include <mutex>
#include <string>

namespace attune::remote {

/// The one worker of a profile's host; Usage for an unknown name.
using WorkerOf = std::function<Result<std::shared_ptr<HostWorker>>(const std::string &profile)>;

class SlurmBackend : public api::ClusterBackend {
public:
  SlurmBackend(std::string workspace, WorkerOf workerOf, std::function<void(bool)> setVisible)
      : m_workspace(std::move(workspace)), m_workerOf(std::move(workerOf)), m_setVisible(std::move(setVisible)) {}

  Result<std::shared_ptr<api::RunHandle>> start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override;
  Result<std::shared_ptr<api::ClusterRun>> startRun(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override;
  Result<api::JobPreview> preview(const api::RunRequest &request) override;
  Result<std::shared_ptr<api::ClusterRun>> attach(const std::string &folder, std::shared_ptr<api::EventSink> sink) override;
  std::vector<std::string> unfinished() override;
  void onJob(std::function<void(const api::ClusterJob &)> changed) override;
  void setVisible(bool visible) override { m_setVisible(visible); }

private:
  void tell(const api::ClusterJob &job);
  const std::string m_workspace;
  const WorkerOf m_workerOf;
  const std::function<void(bool)> m_setVisible;
  std::recursive_mutex m_listening; // held while the listener is called
  std::function<void(const api::ClusterJob &)> m_listener;
};

} // namespace attune::remote
