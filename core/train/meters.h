// What a run counts between two lines of its log: loss sums, tokens and seconds, and the memory of this process.
// Plain values of the job thread; they travel in checkpoints so that a resumed run reports the same numbers.
#pragma once

#include "core/api/run_event.h"

#include <cstdint>

namespace attune::core {

struct Meters {
  int64_t tokens = 0; // cumulative, without padding
  int64_t trainedTokens = 0;
  double seconds = 0; // cumulative training time: no evaluation, saving or pauses
  double lossSum = 0; // since the last logged step
  int64_t lossTokens = 0;
  int64_t tokensAtLog = 0;
  double secondsAtLog = 0;

  /// Counts one optimizer step.
  void add(double stepLossSum, int64_t stepTokens, int64_t stepTrainedTokens, double stepSeconds);
  /// The mean loss per trained token since the last log, and tokens a second; then starts the next interval.
  api::StepMetrics takeLog();
};

/// Resident and peak resident bytes of this process; device figures stay empty.
api::MemoryUse hostMemoryUse();

} // namespace attune::core
