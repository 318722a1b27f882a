// api::Cluster over the worker of its host: each request is one piece of work there. Any thread.
#pragma once

#include "core/api/cluster.h"
#include "remote/run/host_worker.h"

namespace attune::remote {

class HostCluster : public api::Cluster {
public:
  /// `bundle` is the program's own source bundle of the training program.
  HostCluster(std::shared_ptr<HostWorker> worker, std::string bundle) : m_worker(std::move(worker)), m_bundle(std::move(bundle)) {}

  api::ClusterProfile profile() const override { return m_worker->profile(); }
  api::ClusterLink link() const override { return m_worker->link(); }
  void onLink(std::function<void(const api::ClusterLink &)> changed) override { m_worker->onLink(std::move(changed)); }
  void connect() override { m_worker->connect(); }
  void replaceKey() override { m_worker->connect(true); }
  void disconnect() override { m_worker->disconnect(); }

  void overview(Answer<api::ClusterOverview> answer) override;
  void queue(Answer<std::vector<api::QueuedJob>> answer) override;
  void act(const api::QueuedJob &job, api::JobAction action, Answer<std::string> answer) override;
  void list(const std::string &folder, Answer<api::ClusterFiles> answer) override;
  void download(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop,
                Answer<void> answer) override;
  void upload(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop, Answer<void> answer) override;
  void checkEnvironment(Answer<api::EnvironmentReport> answer) override;
  void workers(Answer<api::ClusterWorkers> answer) override;
  void installWorker(const api::WorkerRequest &request, api::InstallWatch watch, StopToken leave,
                     Answer<api::WorkerReport> answer) override;
  void stopWorkerBuild(Answer<void> answer) override;

private:
  template <typename T> void ask(Answer<T> answer, std::function<Result<T>(Host &)> work, bool isLong = false);
  const std::shared_ptr<HostWorker> m_worker;
  const std::string m_bundle;
};

} // namespace attune::remote
