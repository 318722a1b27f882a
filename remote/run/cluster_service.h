// The supercomputer for one workspace: profiles, one connection a host, runs that survive everything (api::ClusterService).
// Made by the composition roots; any thread. Threads: one for each host that is used, plus those of jump hosts.
#pragma once

#include "core/api/cluster_run.h"

#include <memory>
#include <string>
#include <vector>

namespace attune::remote {

struct ClusterServiceOptions {
  std::string workspace;                  // clusters.json, known_hosts, runs/
  std::string home;                       // whose .ssh/config, keys and known_hosts are read; empty = $HOME
  api::ClusterPrompts *prompts = nullptr; // outlives the service; without it nothing can be asked
  std::string workerBundle = {};          // the training program's source bundle; empty = findWorkerBundle of this program's folder
};

std::unique_ptr<api::ClusterService> makeClusterService(ClusterServiceOptions options);

} // namespace attune::remote
