// What the environment check of a cluster found on one machine of it, with what to do. Plain data; any thread.
#pragma once

#include <string>
#include <vector>

namespace attune::api {

struct EnvironmentFinding {
  std::string place;  // "login node ln1", "compute node e09r2n03"
  std::string id;     // "torch", "deepspeed", "worker.dtype_bf16"
  std::string status; // ok | warn | fail
  std::string found;
  std::string advice; // empty when there is nothing to do
};
using EnvironmentReport = std::vector<EnvironmentFinding>;

/// As text to keep or to send to the site's support.
std::string environmentText(const EnvironmentReport &report);

} // namespace attune::api
