#include "core/train/memory_retry.h"

#include <algorithm>

namespace attune::core {

std::vector<data::MicroBatch> splitMicroBatch(const data::MicroBatch &batch, int64_t parts) {
  const int64_t segments = segmentsOf(batch);
  parts = std::min(parts, segments);
  if (parts <= 1) return {batch};
  std::vector<data::MicroBatch> out;
  size_t target = 0; // targets are in the order of their rows
  for (int64_t part = 0; part < parts; ++part) {
    const auto first = static_cast<size_t>(segments * part / parts), last = static_cast<size_t>(segments * (part + 1) / parts);
    const int64_t begin = batch.segmentStarts[first], end = batch.segmentStarts[last];
    data::MicroBatch piece;
    piece.rotaryLength = batch.rotaryLength; // the angles stay those of the whole
    piece.ids.assign(batch.ids.begin() + begin, batch.ids.begin() + end);
    piece.positions.assign(batch.positions.begin() + begin, batch.positions.begin() + end);
    for (size_t s = first; s <= last; ++s) piece.segmentStarts.push_back(batch.segmentStarts[s] - begin);
    for (; target < batch.targetRows.size() && batch.targetRows[target] < end; ++target) {
      piece.targetRows.push_back(batch.targetRows[target] - begin);
      piece.targets.push_back(batch.targets[target]);
    }
    out.push_back(std::move(piece));
  }
  return out;
}

} // namespace attune::core
