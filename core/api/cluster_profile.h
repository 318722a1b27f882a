// How a cluster is reached and what is usual there; never a password, code or passphrase. ClusterStore keeps the profiles in
// WORKSPACE/clusters.json; implemented in remote/run. Store calls block on the disk; any thread.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::api {

struct ClusterProfile {
  std::string name;                       // unique
  std::string host;                       // a name, an address, or a Host of ~/.ssh/config
  int port = 0;                           // 0 = of ~/.ssh/config, else 22
  std::string user;                       // empty = of ~/.ssh/config, else the local one
  std::vector<std::string> identityFiles; // besides those of ~/.ssh/config; with neither, the usual ones of ~/.ssh
  bool useAgent = true;
  std::vector<std::string> jumpHosts; // "[user@]host[:port]" in the order they are passed through; empty = of ~/.ssh/config
  // On the cluster; relative paths begin in the home folder:
  std::string environmentScript; // sourced before the run; empty = none
  std::string root = ".attune";  // jobs go below ROOT/jobs, uploaded models below ROOT/models
  std::string worker = "attune"; // the program that trains
  // What the form begins with:
  std::string partition;
  std::string gres;
  std::string account;
  std::string qos;
};

/// One InvalidConfig with every problem by member, unless the profile can be used.
Status checkProfile(const ClusterProfile &profile);
/// The same before a person's profile is kept, with what is easily mistaken: a user or port in the host, key files that are none.
/// Reads the disk; `home` stands for ~.
Status checkNewProfile(const ClusterProfile &profile, const std::string &home);
/// What speaks against a file as a private key, and what to do; empty where it will do. Reads the disk; "~/" begins in `home`.
std::string keyFileProblem(const std::string &file, const std::string &home);

class ClusterStore {
public:
  virtual ~ClusterStore() = default;
  /// In the order they were added. MalformedFile or NewerSchema when the file cannot be read; a missing one is empty.
  virtual Result<std::vector<ClusterProfile>> list() = 0;
  /// Adds it, or replaces the one of this name. InvalidConfig, or what list() says.
  virtual Status save(const ClusterProfile &profile) = 0;
  /// Usage when there is none of this name.
  virtual Status remove(const std::string &name) = 0;
};

} // namespace attune::api
