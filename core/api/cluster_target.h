// Where on a cluster one run goes and what it asks of Slurm: the part of a RunRequest that a local run lacks. Plain data.
// Checked by the backend before anything is staged; InvalidConfig then names the member ("minutes") of each mistake.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace attune::api {

enum class SubmitMode {
  Sbatch, // survives every disconnect; requeued after preemption, a lost node and the time limit
  Salloc, // for queues that refuse sbatch: an allocation held for the run, never requeued
};

struct ClusterTarget {
  std::string cluster; // a ClusterProfile's name
  std::string partition;
  int64_t nodes = 1;
  int64_t cores = 0; // on each node; 0 = 8 a card, 8 without one
  std::string gres;  // "dcu" or "dcu:z100"; empty = no cards
  int64_t cards = 0; // on each node
  int64_t minutes = 60;
  int64_t memory = 0; // MiB on each node; 0 = what the site gives by default
  std::string account;
  std::string qos;
  std::vector<std::pair<std::string, std::string>> extra; // further options of Slurm, without their dashes
  bool requeue = true;
  SubmitMode mode = SubmitMode::Sbatch;
  std::string model; // the model's path on the cluster; empty = the config's model is uploaded, once for all runs
};

} // namespace attune::api
