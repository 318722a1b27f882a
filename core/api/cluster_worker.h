// The training program of a cluster as it is installed from here: what lies there, how a build is asked for, what came of it.
// Plain data; any thread. Texts that come from the cluster are printable and short.
#pragma once

#include "core/api/environment_report.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::api {

struct InstalledWorker {
  std::string folder;                     // absolute
  std::string binary;                     // what a profile names as its worker
  std::string version;                    // of Attune
  std::string torch, torchKind;           // "2.1.0+dtk2310"; cpu, cuda, rocm or dtk
  std::string compiler;                   // "gcc 11.4.0 (/usr/bin/g++)"
  std::string environment;                // the script that it was built in, absolute; empty = none
  std::string host, built;                // the login node; "2026-11-27T13:02:11Z"
  std::string node;                       // the compute node that it was tried on last; empty = none yet
  bool works = false;                     // there
  bool ofThisProgram = false;             // built from the sources that this program carries
  bool environmentChanged = false;        // the script was edited since
  bool forProfile = false, inUse = false; // built in the profile's script; named by the profile

  /// Tried on a compute node, and does not work there.
  bool broken() const { return !node.empty() && !works; }
};

struct WorkerBuild { // that goes on, or ended while nobody looked
  bool running = false;
  std::string environment, host;
};

struct ClusterWorkers {
  std::vector<InstalledWorker> workers; // the newest first
  std::optional<WorkerBuild> build;
  /// The newest one for the profile's environment script.
  const InstalledWorker *forProfile() const {
    for (const InstalledWorker &worker : workers)
      if (worker.forProfile) return &worker;
    return nullptr;
  }
};

struct WorkerRequest { // the environment script is the profile's
  std::string torch;   // the folder of libtorch there; empty = of the torch that python3 imports
  std::string compiler, cmake;
  int64_t jobs = 4, memory = 6000; // compiles at a time, and MB for them
  std::string bundle;              // the source bundle here; empty = the program's own
  bool attach = false;             // take up the build that goes on or ended, whatever it was asked for; start none
};

enum class InstallPhase { Looking, Uploading, Unpacking, Building, Checking };

struct InstallProgress {
  InstallPhase phase = InstallPhase::Looking;
  int percent = -1; // of the phase; -1 = not known
  std::string text; // what is compiled; may be empty
};

struct InstallWatch { // called on the cluster's thread; may be empty
  std::function<void(const InstallProgress &)> progress;
  std::function<void(const std::string &line)> line; // of the build's output, in order, each once
};

struct WorkerReport {
  InstalledWorker worker;
  EnvironmentReport findings; // of a compute node, with the training program's own
};

} // namespace attune::api
