// What a run takes to the cluster: its config for the paths there, its data, the model unless it is there, the wrapper and its
// values. stage() blocks on the host's worker and can be begun again at any point: what arrived whole is not sent again.
// Fails as upload.h and command_runner.h say; RUN-ENV, RUN-WORKER for what preflight() misses; InvalidConfig for the request.
#pragma once

#include "core/api/backend.h"
#include "remote/run/host.h"
#include "remote/slurm/request.h"

#include <functional>
#include <string>

namespace attune::remote {

/// The target as Slurm is asked for it.
slurm::JobRequest requestOf(const api::ClusterTarget &target);

/// Why a run cannot even be begun, before a host is asked: the config's mistakes, but for a model that is on the cluster.
Status checkRun(const api::RunRequest &request);

struct StageJob {
  api::RunConfig config;
  api::ClusterTarget target;
  std::string environmentScript, worker, root; // of the profile
  std::string token;
  std::string runFolder; // local
  std::string from;      // the job's folder that it goes on from; empty = a new run
  int64_t stopAfter = 0;
  std::function<void(const std::string &what)> progress = {}; // one sentence
  StopToken stop = {};
};

/// "adapter" or "model": where the result of such a run lies in its folder.
std::string resultDirOf(const api::RunConfig &config);

/// Whether the request can be run and the environment script and the worker are there.
Status preflight(Host &host, const StageJob &job);

/// The job's folder on the cluster, ready to be submitted.
Result<std::string> stage(Host &host, const StageJob &job);

} // namespace attune::remote
