// `attune cluster install`: the training program built on the login node, its output on stderr; `--stop` ends a build. Main thread.
#pragma once

#include "app/cli/remote/cluster_client.h"
#include "core/base/json.h"

#include <string>

namespace attune::app {

struct InstallOptions {
  api::WorkerRequest request;
  bool stop = false;
};

/// The exit code. A Ctrl-C leaves the build alone and says how to take it up again.
Result<int> installWorker(CommandContext &context, ClusterClient &client, const std::string &name, const InstallOptions &options);

Json findingsJson(const api::EnvironmentReport &report);

} // namespace attune::app
