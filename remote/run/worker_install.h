// One installation of the training program, followed from the request to the finding of a compute node. The build itself lives on
// the login node (worker_build.sh); every step can be cut anywhere and is then done or found again, so a dropped line ends nothing.
// On the worker's thread; answers exactly once, with Interrupted when it is destroyed before.
#pragma once

#include "core/api/cluster.h"
#include "core/base/clock.h"
#include "remote/run/host_worker.h"
#include "remote/run/installed_workers.h"
#include "remote/run/worker_output.h"

#include <string>

namespace attune::remote {

class WorkerInstall : public Follower {
public:
  using Answer = api::Cluster::Answer<api::WorkerReport>;
  WorkerInstall(api::ClusterProfile profile, api::WorkerRequest request, api::InstallWatch watch, StopToken leave, Answer answer);
  ~WorkerInstall() override;

  void onConnected(Host &host) override;
  bool follow(Host &host) override;
  bool hasWork() override;
  void work(Host &host) override;
  bool wantsLook(slurm::JobKey &, double &) override { return false; }
  void onLook(const slurm::JobLook &) override {}
  void onFailedLook(const Error &) override {}
  bool over() override { return m_step == Step::Over; }

private:
  enum class Step { Begin, Follow, Check, Over };
  Status begin(Host &host);
  Status start(Host &host);
  Status watchBuild(Host &host);
  Status check(Host &host);
  Result<bool> readLog(Host &host);
  void take(const std::string &token);
  void tell(api::InstallPhase phase, int percent = -1, const std::string &text = "");
  void finish(Result<api::WorkerReport> result);

  const api::ClusterProfile m_profile;
  const api::WorkerRequest m_request; // with its bundle
  const api::InstallWatch m_watch;
  const StopToken m_leave;
  Answer m_answer;
  const Clock m_clock = Clock::system();
  Step m_step = Step::Begin;
  WorkerFolder m_folder;
  std::string m_wanted, m_token; // of the request; of the build that is followed
  WorkerOutput m_output;
  uint64_t m_offset = 0; // of its log
  double m_readAt = 0, m_lookAt = 0;
  int m_silent = 0; // looks that saw no build, and no news
  api::InstalledWorker m_worker;
};

} // namespace attune::remote
