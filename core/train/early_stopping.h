// Remembers the best evaluation and says when enough of them brought no gain. Value type of the job thread.
#pragma once

#include "core/api/run_config.h"

#include <cstdint>
#include <limits>

namespace attune::core {

struct EvaluationHistory {
  double bestLoss = std::numeric_limits<double>::infinity();
  int64_t bestStep = -1;
  double reference = std::numeric_limits<double>::infinity(); // the loss the next gain is measured against
  int64_t withoutGain = 0;
  int64_t lastStep = -1; // of the newest evaluation

  /// Notes an evaluation; true when it is the lowest so far.
  bool add(double loss, int64_t step, double minDelta) {
    lastStep = step;
    if (loss < reference - minDelta) {
      reference = loss;
      withoutGain = 0;
    } else {
      ++withoutGain;
    }
    if (!(loss < bestLoss)) return false;
    bestLoss = loss;
    bestStep = step;
    return true;
  }
  bool exhausted(const api::EarlyStopping &options) const { return options.patience > 0 && withoutGain >= options.patience; }
};

} // namespace attune::core
