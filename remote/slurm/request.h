// What a submission asks of Slurm, its check against what the partitions allow, and its options for sbatch and salloc.
// Plain data and pure functions, any thread. Slurm accepts much that it then never runs, so the check is ours: every mistake
// at once in Error::problems, each with its field (the member's name here).
#pragma once

#include "core/base/result.h"
#include "remote/slurm/parse.h"

#include <string>
#include <utility>
#include <vector>

namespace attune::remote::slurm {

struct JobRequest {
  std::string partition;
  int64_t nodes = 1;
  int64_t cores = 8; // on each node
  std::string gres;  // "dcu" or "dcu:z100"; empty = no cards
  int64_t cards = 0; // on each node
  int64_t minutes = 60;
  int64_t memory = 0; // MiB on each node; 0 = what the site gives by default
  std::string account = {};
  std::string qos = {};
  std::vector<std::pair<std::string, std::string>> extra = {}; // names of extraOptions()
  bool requeue = true;                                         // after preemption, a lost node and the time limit
};

/// The names that `extra` may hold: options that neither run anything nor move what we rely on.
const std::vector<std::string> &extraOptions();

/// `partitions` as they are now. InvalidConfig with the problems.
Status checkRequest(const JobRequest &request, const std::vector<Partition> &partitions);

/// How many seconds before its time limit a job is warned.
int64_t warningSeconds(const JobRequest &request);

/// "--partition=kshdtest", "--nodes=1", ...; only after checkRequest().
std::vector<std::string> requestOptions(const JobRequest &request);

} // namespace attune::remote::slurm
