#include "core/data/dataset_stats.h"

#include <algorithm>

namespace attune::data {

namespace {

constexpr int64_t kBins = 20;
constexpr size_t kLongestRows = 10;

/// The smallest of 1, 2, 5, 10, 20, 50, ... that covers `longest` with at most kBins bins.
int64_t binWidth(int64_t longest) {
  for (int64_t power = 1;; power *= 10) {
    for (const int64_t step : {1, 2, 5}) {
      if (step * power * kBins > longest) return step * power;
    }
  }
}

} // namespace

std::vector<LengthBin> lengthHistogram(const std::vector<int64_t> &lengths) {
  if (lengths.empty()) return {};
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  const int64_t width = binWidth(longest);
  std::vector<LengthBin> bins(static_cast<size_t>(longest / width + 1));
  for (size_t i = 0; i < bins.size(); ++i) {
    bins[i].from = static_cast<int64_t>(i) * width;
    bins[i].to = bins[i].from + width;
  }
  for (const int64_t length : lengths) ++bins[static_cast<size_t>(length / width)].rows;
  return bins;
}

DatasetStats datasetStats(const EncodedDataset &dataset, int64_t maxLength) {
  DatasetStats stats;
  stats.inTokens = !dataset.templateUsed.empty();
  stats.rows = dataset.rows;
  stats.usableRows = dataset.usableRows;
  stats.cutoff = stats.inTokens ? maxLength : 0;
  std::vector<LongRow> lengths;
  for (const auto &fact : dataset.facts) {
    stats.turns += fact.turns;
    stats.bytes += fact.bytes;
    if (stats.inTokens && fact.tokens < 0) continue; // its template failed: no length to count
    stats.tokens += std::max(fact.tokens, 0);
    stats.trainedTokens += std::max(fact.trainedTokens, 0);
    const int64_t length = stats.inTokens ? fact.tokens : fact.bytes;
    stats.overCutoff += stats.inTokens && length > maxLength;
    lengths.push_back({fact.file, fact.row, fact.line, length});
  }
  if (lengths.empty()) return stats;
  std::stable_sort(lengths.begin(), lengths.end(), [](const auto &a, const auto &b) { return a.length > b.length; });
  const size_t count = lengths.size();
  const auto atShare = [&](size_t percent) { return lengths[(count - 1) - (count - 1) * percent / 100].length; };
  stats.longest = lengths.front().length;
  stats.shortest = lengths.back().length;
  stats.median = atShare(50);
  stats.percentile95 = atShare(95);
  std::vector<int64_t> plain;
  double sum = 0;
  for (const auto &row : lengths) {
    plain.push_back(row.length);
    sum += static_cast<double>(row.length);
  }
  stats.histogram = lengthHistogram(plain);
  stats.mean = sum / static_cast<double>(count);
  lengths.resize(std::min(count, kLongestRows));
  stats.longestRows = std::move(lengths);
  return stats;
}

} // namespace attune::data
