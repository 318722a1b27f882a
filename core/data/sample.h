// Tokenised rows and the padding-free batches made of them. Plain values, no tensors, any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace attune::data {

constexpr int32_t kIgnore = -100;

/// One row: labels[i] is the target standing at index i of its own token (the shift by one happens in collate);
/// it need not equal ids[i].
struct Sample {
  std::vector<int32_t> ids;
  std::vector<int32_t> labels;
  int64_t row = 0; // index of its row, counted over all dataset files
};

/// Rows laid end to end, never padded: segment s is [segmentStarts[s], segmentStarts[s+1]) and attends only to itself.
/// targetRows[m] is the index of the token whose *next* token is the trained `targets[m]`.
struct MicroBatch {
  std::vector<int64_t> ids;           // [N]
  std::vector<int64_t> positions;     // [N], restarting at 0 in each segment
  std::vector<int64_t> segmentStarts; // [S + 1], last = N
  std::vector<int64_t> targetRows;    // [M]
  std::vector<int64_t> targets;       // [M]
  /// The length that rotary scaling goes by (dynamic, longrope) for all rows alike, as if the batch were padded to it; 0 =
  /// each segment's own.
  int64_t rotaryLength = 0;
  int64_t tokens() const { return static_cast<int64_t>(ids.size()); }
};

/// Everything one optimizer step reads: micro-batches and the number of trained tokens over all of them.
struct StepWindow {
  std::vector<MicroBatch> microBatches;
  int64_t tokens = 0;
  int64_t trainedTokens = 0;
  int64_t epoch = 0;       // 0-based
  int64_t stepInEpoch = 0; // 0-based
};

} // namespace attune::data
