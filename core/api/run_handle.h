// Control of one run, one way: requests go in, answers come back as events. Any thread; calls never block.
// Owned by whoever started the run; dropping it does not stop the run.
#pragma once

#include <string>

namespace attune::api {

class RunHandle {
public:
  virtual ~RunHandle() = default;
  /// The run's folder, where events.jsonl grows (a path of the machine that runs it).
  virtual std::string folder() const = 0;
  /// False on a cluster, where a held card would be paid for: pause and resume then do nothing, and no button offers them.
  virtual bool canPause() const { return true; }
  virtual void requestPause() = 0;
  virtual void requestResume() = 0;
  /// Ends the run after the current step, with a checkpoint and outcome `stopped`.
  virtual void requestStop() = 0;
  /// Writes a checkpoint after the current step and goes on.
  virtual void requestCheckpoint() = 0;
  virtual bool finished() const = 0;
};

} // namespace attune::api
