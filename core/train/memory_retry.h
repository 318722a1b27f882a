// What to do when a run is out of memory: make room and try again, with less at once. Same rows, same sum, same random numbers.
// A run gives up only where nothing smaller is left and the same work ran out kVainRetries more times in a row: any other time is
// a pause, however often it comes. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/data/sample.h"
#include "core/device/torch_guard.h"

#include <vector>

namespace attune::core {

/// How much is computed at once, made smaller each time memory runs out; travels in checkpoints, so that a resumed run begins there.
struct MemoryEconomy {
  int64_t parts = 1;          // that each micro-batch is computed in
  bool recomputesAll = false; // as with checkpointing "full", whatever the settings say
};

constexpr int64_t kVainRetries = 3; // of the same work, when nothing can be made smaller

inline int64_t segmentsOf(const data::MicroBatch &batch) { return static_cast<int64_t>(batch.segmentStarts.size()) - 1; }

/// The micro-batch as up to `parts` ones that hold its segments in order, none split.
std::vector<data::MicroBatch> splitMicroBatch(const data::MicroBatch &batch, int64_t parts);

/// Calls `work`, which gives a Result, until it does not run out of memory. After each time it did, and all that it held is freed,
/// `makeRoom` gives a Status: an error ends it.
template <typename Work, typename MakeRoom> auto untilItFits(Work work, MakeRoom makeRoom) -> decltype(work()) {
  for (;;) {
    try {
      return work();
    } catch (const std::exception &error) {
      if (!isOutOfMemory(error)) throw;
    }
    ATTUNE_CHECK(makeRoom());
  }
}

} // namespace attune::core
