// The environment check: facts of a login node and, by a one-minute job, of a compute node, judged by what broke there before
// (torch without CUDA, DeepSpeed, bitsandbytes, xFormers, `set` for `export`, a worker of another torch). On the worker's thread.
// Everything read is hostile text: bounded, made printable, never executed. Fails with the runner's faults.
#pragma once

#include "core/api/cluster_profile.h"
#include "core/api/environment_report.h"
#include "core/api/run_event.h"
#include "remote/run/host.h"

#include <optional>

namespace attune::remote {

/// The findings in what environment_facts.sh printed; `place` begins their place, the host's name ends it.
api::EnvironmentReport judgeEnvironment(const std::string &output, const std::string &place);

api::EnvironmentReport checkLoginNode(Host &host, const api::ClusterProfile &profile);
/// What speaks against a training program that the profile gives by its name alone: the login node does not find it once the
/// environment script is sourced, or that script ends the shell. A warning, for nodes differ; nothing where all is well or cannot be told.
std::optional<api::RunWarning> doubtWorker(Host &host, const api::ClusterProfile &profile, const StopToken &stop);
/// In the profile's partition, or else an open one with a free node; a node that is not free within a minute is a finding.
api::EnvironmentReport checkComputeNode(Host &host, const api::ClusterProfile &profile);

} // namespace attune::remote
