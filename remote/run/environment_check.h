// The environment check: facts of a login node and, by a one-minute job, of a compute node, judged by what broke there before
// (torch without CUDA, DeepSpeed, bitsandbytes, xFormers, `set` for `export`, a worker of another torch). On the worker's thread.
// Everything read is hostile text: bounded, made printable, never executed. Fails with the runner's faults.
#pragma once

#include "core/api/cluster_profile.h"
#include "core/api/environment_report.h"
#include "remote/run/host.h"

namespace attune::remote {

/// The findings in what environment_facts.sh printed; `place` begins their place, the host's name ends it.
api::EnvironmentReport judgeEnvironment(const std::string &output, const std::string &place);

api::EnvironmentReport checkLoginNode(Host &host, const api::ClusterProfile &profile);
/// In the profile's partition, or else an open one with a free node; a node that is not free within a minute is a finding.
api::EnvironmentReport checkComputeNode(Host &host, const api::ClusterProfile &profile);

} // namespace attune::remote
