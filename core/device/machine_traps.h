// The traps of a machine that no trial finds: a libtorch built for other cards, cards hidden or closed to this user, memory limits,
// settings that slow libtorch down or never arrive, quotas. Judged from facts that are read first, so that tests make them up.
// Main or job thread; reading takes some milliseconds and changes nothing.
#pragma once

#include "core/device/compute_device.h"
#include "core/device/host_memory.h"
#include "core/device/machine_check.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace attune::core {

/// A line of a script that does not do what its author thinks.
struct ScriptLine {
  std::string place; // "file:line"
  std::string name;  // of the variable
};

struct MachineFacts {
  std::map<std::string, std::string> environment; // every variable of this process
  std::string build;                              // what libtorch is built for: "cuda", "rocm" or "cpu"
  std::vector<std::string> libraryFolders;        // where libtorch's parts were loaded from, each once
  bool nvidiaCard = false, amdCard = false;       // their drivers are there
  bool cardOpens = true;                          // this user may open them
  std::vector<ComputeDevice> cards;               // that libtorch uses
  HostMemory memory;
  int64_t overcommitLeftBytes = -1; // where the kernel promises no more than it has; -1 = it promises freely
  int64_t addressLimitBytes = -1;   // ulimit -v; -1 = none
  int64_t cores = 1;
  double coreQuota = -1; // of the control group; -1 = none
  std::string workspace;
  bool workspaceInMemory = false;  // on tmpfs
  std::string workspaceRefusal;    // why a trial gigabyte could not be reserved there; empty = it could, or cannot be tried
  std::vector<ScriptLine> scripts; // lines that `set` what they should export
};

MachineFacts readMachineFacts(const std::string &workspace);

/// What there is to say; nothing about what is as it should be, but for the limits that are in force.
std::vector<MachineCheck> checkTraps(const MachineFacts &facts);

/// Lines of a POSIX shell script that say `set NAME=...` where NAME is read by libtorch or its drivers.
std::vector<ScriptLine> unexportedSettings(const std::string &script, const std::string &path);

} // namespace attune::core
