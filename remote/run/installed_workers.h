// ROOT/worker on a cluster: the source bundle sent there, the training programs built of it, and the build that goes on. Runs
// worker_build.sh; on the host's thread. Fails as upload.h and command_runner.h say, FileNotFound without a bundle, FILE-FAILED.
#pragma once

#include "core/api/cluster_profile.h"
#include "core/api/cluster_worker.h"
#include "remote/run/facts.h"
#include "remote/run/host.h"

namespace attune::remote {

/// The bundle for a program in `folder`: beside it in the build tree, or installed. The first place where there is none.
std::string findWorkerBundle(const std::string &folder);

/// Name of a bundle's folder below ROOT/worker: "source-" and the beginning of its sha256.
Result<std::string> sourceOf(const std::string &bundle);

struct WorkerFolder {
  std::string root;        // ROOT/worker, absolute
  std::string environment; // the profile's script, absolute; empty = none
  std::string source;      // of the bundle; empty = there is none here
};
Result<WorkerFolder> workerFolder(Host &host, const api::ClusterProfile &profile, const std::string &bundle);

/// What worker_build.sh does with these words; its exit code is the caller's to read.
Result<CommandResult> runBuildScript(Host &host, const WorkerFolder &folder, std::vector<std::string> words, bool login = false);

struct WorkerLook {
  Facts facts; // "build", "build_token", ...
  std::vector<api::InstalledWorker> workers;
};
/// `used` is the profile's worker as a path.
WorkerLook readLook(const std::string &output, const WorkerFolder &folder, const std::string &used);
Result<WorkerLook> lookAtWorkers(Host &host, const api::ClusterProfile &profile, const WorkerFolder &folder);

/// Sends and unpacks the bundle unless it is there.
Status placeSource(Host &host, const WorkerFolder &folder, const std::string &bundle, const api::InstallWatch &watch,
                   const StopToken &stop);

Result<api::ClusterWorkers> clusterWorkers(Host &host, const api::ClusterProfile &profile, const std::string &bundle);
Status stopBuild(Host &host, const api::ClusterProfile &profile);

} // namespace attune::remote
