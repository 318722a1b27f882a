// Where runs happen: in this process, or on a cluster. Two implementations: LocalBackend and SlurmBackend.
// Calls come from the consumer's thread and return at once; what happens next arrives at the sink.
#pragma once

#include "core/api/cluster_target.h"
#include "core/api/event_sink.h"
#include "core/api/run_config.h"
#include "core/api/run_handle.h"
#include "core/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::api {

struct RunRequest {
  RunConfig config;      // ignored when resuming: the folder's own run.json counts
  std::string folder;    // the run folder, new or (resuming) with a run in it
  bool numbered = false; // where `folder` is taken, folder-2, folder-3, ... is made instead
  bool resume = false;
  std::vector<std::string> settings;         // "key=value", only when resuming
  int64_t stopAfter = 0;                     // stop with a checkpoint after so many optimizer steps; 0 = never
  std::optional<ClusterTarget> cluster = {}; // where it runs, for a ClusterBackend; nothing = this machine
};

class Backend {
public:
  virtual ~Backend() = default;
  /// Queues the run. `sink` is kept until the run is over and gets its events on the job's thread. Only a request that can
  /// not even be queued fails here; everything later ends in exactly one run_finished.
  virtual Result<std::shared_ptr<RunHandle>> start(const RunRequest &request, std::shared_ptr<EventSink> sink) = 0;
};

} // namespace attune::api
