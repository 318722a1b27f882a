// What a run takes to the cluster: its config for the paths there, its data, the model unless it is there, the wrapper and its
// values. stage() blocks on the host's worker and can be begun again at any point: what arrived whole is not sent again.
// Fails as upload.h and command_runner.h say; RUN-ENV, RUN-WORKER for what preflight() misses; InvalidConfig for the request.
#pragma once

#include "core/api/backend.h"
#include "remote/run/host.h"
#include "remote/run/job_files.h"

#include <string>

namespace attune::remote {

/// Why a run cannot even be begun, before a host is asked: the config's mistakes, but for a model that is on the cluster.
Status checkRun(const api::RunRequest &request);

/// Whether the request can be run and the environment script and the worker are there.
Status preflight(Host &host, const StageJob &job);

/// The job's folder on the cluster, ready to be submitted.
Result<std::string> stage(Host &host, const StageJob &job);

} // namespace attune::remote
