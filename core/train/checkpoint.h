// The checkpoints of one run folder: checkpoints/step-N/ holds the weights in their final layout and trainer_state/.
// Written to a hidden folder, synced, then renamed, so that a checkpoint is whole or absent. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/model/trainable_model.h"
#include "core/train/early_stopping.h"
#include "core/train/loss_scaler.h"
#include "core/train/memory_retry.h"
#include "core/train/meters.h"
#include "core/train/optimizer.h"

#include <string>
#include <vector>

namespace attune::core {

/// Everything of a trainer that is neither a weight nor an optimizer moment. Schedule, data order and random numbers are
/// functions of `step` and the config, so the step is their whole position.
struct TrainerState {
  int64_t step = 0;
  Meters meters;
  EvaluationHistory history;
  MemoryEconomy economy;
  LossScaler lossScaler; // fp16 only
};

class CheckpointStore {
public:
  /// `keep`: how many of the newest stay; the best by validation stays beside them.
  CheckpointStore(std::string runFolder, int64_t keep) : m_runFolder(std::move(runFolder)), m_keep(keep) {}

  /// Steps of the checkpoints present, ascending; none when there is no folder, IoFailed when it cannot be read.
  Result<std::vector<int64_t>> steps() const;
  /// "checkpoints/step-N", relative to the run folder.
  static std::string relativePath(int64_t step);

  /// Writes step-N (replacing one of that name), marks it best when state.history says so, and removes superfluous ones.
  /// On failure the earlier checkpoints are untouched.
  Status write(const TrainerState &state, TrainableModel &model, const Optimizer &optimizer);
  /// Loads weights, moments and state of step-N, once its files are known to be as they were written (checkpoint_sums.h).
  /// MalformedFile and MissingInFolder say that the checkpoint is damaged; every other error, that it could not be read now.
  Result<TrainerState> read(int64_t step, TrainableModel &model, Optimizer &optimizer) const;
  /// Gives step-N another name, which is returned, so that nothing is written over it.
  Result<std::string> setAside(int64_t step) const;

  /// Removes what an interrupted write left behind, and finishes an interrupted replacement.
  void cleanUp() const;

private:
  Status prune(int64_t written, int64_t best) const;
  std::string m_runFolder;
  int64_t m_keep;
};

/// Flushes every file and folder below `folder` to disk.
Status syncTree(const std::string &folder);

/// Puts the finished folder `from` at `to`, replacing what is there; both are inside one file system.
Status installFolder(const std::string &from, const std::string &to);

} // namespace attune::core
