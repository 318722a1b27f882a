// The runs a workspace holds, as the pages see them: summaries, replay of a run's events, notes. Implemented in core/store.
// Calls block on the disk: service threads only. Every call may run beside another process that writes the same run.
#pragma once

#include "core/api/backend.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::api {

/// Interrupted: no end is on record and no process writes; Unreadable: the folder's run.json cannot be used.
enum class RunPhase { Waiting, Running, Interrupted, Completed, Stopped, Failed, Unreadable };

/// What a person wrote about a run; kept in notes.json in its folder.
struct RunNotes {
  std::string title; // shown instead of the config's name; empty = that name
  std::string text;
  std::vector<std::string> tags;
};

/// The runs that wait for the device, in order, as far as they could be read.
struct KeptQueue {
  std::vector<RunRequest> runs;
  std::optional<Error> problem; // what could not be read, and where it is kept
};

struct RunSummary {
  std::string folder;
  std::string name;
  std::string model;
  std::string data; // the first dataset's path
  Method method = Method::Lora;
  RunPhase phase = RunPhase::Unreadable;
  double startedAt = 0; // seconds since the epoch; 0 = never
  double seconds = 0;   // from the first to the last event
  int64_t step = 0;
  int64_t totalSteps = 0;
  std::optional<double> loss;
  std::optional<double> validationLoss;
  std::vector<float> curve; // some training losses, in order
  int64_t diskBytes = 0;
  int64_t forecastBytes = 0; // peak of the memory that computed (the card's, on a CPU the host's) as forecast; 0 = none
  int64_t peakBytes = 0;     // the same as measured; 0 = the run did not end
  std::string error;         // of a failed or unreadable run
  std::string errorCode;     // its kind, as errorCodeName() spells it
  std::string cluster = {};  // the profile's name of a run that went to a cluster
  RunNotes notes;
};

/// Weights of a run that can answer.
struct RunWeights {
  int64_t step = 0;    // of a checkpoint; 0 = the run's result
  std::string model;   // to load: what the run began from or, after a full fine-tuning, a folder of the run
  std::string adapter; // empty after a full fine-tuning
};

class RunStore {
public:
  virtual ~RunStore() = default;
  /// Every run of the workspace, newest first.
  virtual std::vector<RunSummary> list(const StopToken &stop) = 0;
  virtual RunSummary summary(const std::string &folder) = 0;
  virtual Result<RunConfig> config(const std::string &folder) = 0;
  /// run.json as it stands, with the record of what trained.
  virtual Result<std::string> configText(const std::string &folder) = 0;
  /// Pushes the events on disk, oldest first; a torn last line is left out.
  virtual Status replay(const std::string &folder, EventSink &sink, const StopToken &stop) = 0;
  /// The result first, then the checkpoints, newest first; nothing for a run without either.
  virtual std::vector<RunWeights> weights(const std::string &folder) = 0;
  virtual Status writeNotes(const std::string &folder, const RunNotes &notes) = 0;
  /// A folder below the workspace for a new run of this name; not made yet.
  virtual std::string freshFolder(const std::string &name) = 0;
  /// As writeQueue() last kept them. A file that cannot be read whole is put aside, so that the next writing leaves it.
  virtual KeptQueue queue() = 0;
  virtual Status writeQueue(const std::vector<RunRequest> &queue) = 0;
};

} // namespace attune::api
