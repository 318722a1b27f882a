#include "core/base/rng.h"
#include "core/data/data_loader.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace attune::data {

namespace {
constexpr uint64_t kSplitStream = 0x73706c6974; // apart from the streams of the epochs, which count from 0
}

void splitValidation(std::vector<Sample> &samples, double fraction, int64_t seed, std::vector<Sample> &validation) {
  validation.clear();
  std::vector<int64_t> rows; // each row once, in order
  std::unordered_set<int64_t> seen;
  for (const auto &sample : samples) {
    if (seen.insert(sample.row).second) rows.push_back(sample.row);
  }
  const auto count = static_cast<int64_t>(rows.size());
  if (!(fraction > 0.0) || count < 2) return;
  const double wanted = std::floor(std::min(fraction, 1.0) * static_cast<double>(count) + 0.5);
  const int64_t keep = std::min(std::max(static_cast<int64_t>(wanted), int64_t(1)), count - 1);
  const auto order = permutation(count, static_cast<uint64_t>(seed), kSplitStream);
  std::unordered_map<int64_t, bool> chosen; // row -> its one validation copy is taken
  for (int64_t i = 0; i < keep; ++i) chosen[rows[static_cast<size_t>(order[static_cast<size_t>(i)])]] = false;
  std::vector<Sample> training;
  for (auto &sample : samples) {
    const auto found = chosen.find(sample.row);
    if (found == chosen.end()) {
      training.push_back(std::move(sample));
    } else if (!found->second) {
      found->second = true;
      validation.push_back(std::move(sample));
    }
  }
  samples = std::move(training);
}

} // namespace attune::data
