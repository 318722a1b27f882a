#include "core/data/data_loader.h"

#include <algorithm>

namespace attune::data {

MicroBatch collate(const std::vector<Sample> &samples, const std::vector<std::vector<int64_t>> &sequences) {
  MicroBatch batch;
  batch.segmentStarts.push_back(0);
  for (const auto &sequence : sequences) {
    for (const int64_t index : sequence) {
      const Sample &sample = samples[static_cast<size_t>(index)];
      if (sample.ids.empty()) continue;
      const auto start = static_cast<int64_t>(batch.ids.size());
      for (size_t i = 0; i < sample.ids.size(); ++i) {
        batch.ids.push_back(sample.ids[i]);
        batch.positions.push_back(static_cast<int64_t>(i));
        // The shift by one: the label at i is predicted from the token before it, so the first has no place.
        if (i > 0 && i < sample.labels.size() && sample.labels[i] != kIgnore) {
          batch.targetRows.push_back(start + static_cast<int64_t>(i) - 1);
          batch.targets.push_back(sample.labels[i]);
        }
      }
      batch.segmentStarts.push_back(static_cast<int64_t>(batch.ids.size()));
    }
  }
  return batch;
}

} // namespace attune::data
