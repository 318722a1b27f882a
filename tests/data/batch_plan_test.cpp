#include "core/base/rng.h"
#include "core/data/data_loader.h"
#include "core/data/packing.h"

#include <algorithm>
#include <chrono>
#include <doctest/doctest.h>
#include <map>
#include <numeric>
#include <set>

using namespace attune;
using namespace attune::data;

namespace {

std::vector<Sample> someSamples(int64_t count, uint64_t seed, int64_t longest) {
  CounterRng rng(seed, 1);
  std::vector<Sample> samples(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    auto &sample = samples[static_cast<size_t>(i)];
    sample.row = i;
    const uint64_t length = 1 + rng.below(static_cast<uint64_t>(longest));
    for (uint64_t k = 0; k < length; ++k) {
      sample.ids.push_back(static_cast<int32_t>(rng.below(1000)));
      sample.labels.push_back(rng.below(2) ? sample.ids.back() : kIgnore);
    }
  }
  return samples;
}

bool same(const MicroBatch &a, const MicroBatch &b) {
  return a.ids == b.ids && a.positions == b.positions && a.segmentStarts == b.segmentStarts && a.targetRows == b.targetRows &&
         a.targets == b.targets;
}

bool same(const StepWindow &a, const StepWindow &b) {
  return a.tokens == b.tokens && a.trainedTokens == b.trainedTokens && a.epoch == b.epoch && a.stepInEpoch == b.stepInEpoch &&
         std::equal(a.microBatches.begin(), a.microBatches.end(), b.microBatches.begin(), b.microBatches.end(),
                    [](const auto &x, const auto &y) { return same(x, y); });
}

} // namespace

TEST_CASE("First fit puts each row whole into the first sequence with room") {
  CHECK(packFirstFit({5, 4, 6, 3, 2, 0, 10}, 10) == std::vector<std::vector<int64_t>>{{0, 1}, {2, 3}, {4}, {6}});
  CHECK(packFirstFit({}, 10).empty());
  CHECK(packFirstFit({12, 3}, 10) == std::vector<std::vector<int64_t>>{{0}, {1}});
}

TEST_CASE("Packing equals the plain first fit on random rows and never exceeds the length") {
  CounterRng rng(3, 0);
  for (int round = 0; round < 20; ++round) {
    std::vector<int64_t> lengths;
    for (uint64_t i = 0; i < 1 + rng.below(200); ++i) lengths.push_back(static_cast<int64_t>(1 + rng.below(64)));
    std::vector<std::vector<int64_t>> expected;
    std::vector<int64_t> used;
    for (size_t i = 0; i < lengths.size(); ++i) {
      size_t s = 0;
      while (s < used.size() && used[s] + lengths[i] > 64) ++s;
      if (s == used.size()) {
        used.push_back(0);
        expected.emplace_back();
      }
      used[s] += lengths[i];
      expected[s].push_back(static_cast<int64_t>(i));
    }
    CHECK(packFirstFit(lengths, 64) == expected);
  }
}

TEST_CASE("A hundred thousand rows pack in well under a second") {
  CounterRng rng(5, 0);
  std::vector<int64_t> lengths(100000);
  for (auto &length : lengths) length = static_cast<int64_t>(1 + rng.below(512));
  const auto start = std::chrono::steady_clock::now();
  const auto sequences = packFirstFit(lengths, 512);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  MESSAGE("100,000 rows packed in " << seconds << " s into " << sequences.size() << " sequences");
  CHECK(seconds < 1.0);
}

// Silent bug 1 (label shift missing or doubled): drop the "- 1" in collate, or pair i with labels[i + 2], and this fails.
TEST_CASE("Collate shifts labels by one inside each row and across none") {
  std::vector<Sample> samples(2);
  samples[0].ids = {10, 11, 12};
  samples[0].labels = {10, 11, kIgnore};
  samples[1].ids = {20, 21};
  samples[1].labels = {20, 99}; // a target need not equal the token
  const auto batch = collate(samples, {{0, 1}, {1}});
  CHECK(batch.ids == std::vector<int64_t>{10, 11, 12, 20, 21, 20, 21});
  CHECK(batch.positions == std::vector<int64_t>{0, 1, 2, 0, 1, 0, 1});
  CHECK(batch.segmentStarts == std::vector<int64_t>{0, 3, 5, 7});
  // labels[0] of a row is never predicted: not from the row before it, nor from itself.
  CHECK(batch.targetRows == std::vector<int64_t>{0, 3, 5});
  CHECK(batch.targets == std::vector<int64_t>{11, 99, 99});
}

TEST_CASE("Rotary scaling goes by the longest row of a batch that is not packed, as of one that is padded, else by each row") {
  std::vector<Sample> samples;
  for (const size_t length : {4, 9, 2, 5}) samples.push_back({std::vector<int32_t>(length, 1), std::vector<int32_t>(length, 1), 0});
  BatchOptions options;
  options.batchSize = 2;
  options.accumulation = 2;
  options.shuffle = false;
  options.packing = false;
  const StepWindow window = BatchPlan(&samples, options).window(0);
  REQUIRE(window.microBatches.size() == 2);
  CHECK(window.microBatches[0].rotaryLength == 9);
  CHECK(window.microBatches[1].rotaryLength == 5);
  options.packing = true;
  CHECK(BatchPlan(&samples, options).window(0).microBatches[0].rotaryLength == 0);
}

// Silent bug 9's bookkeeping (packing leaks across samples): merge two rows into one segment in collate and this fails.
TEST_CASE("Every packed row is a segment of its own, with its tokens, positions and targets") {
  const auto samples = someSamples(200, 11, 30);
  BatchOptions options;
  options.maxLength = 64;
  options.batchSize = 3;
  options.accumulation = 2;
  const BatchPlan plan(&samples, options);
  std::multiset<std::vector<int64_t>> expected;
  std::multiset<std::vector<int64_t>> found;
  int64_t expectedTargets = 0;
  int64_t targets = 0;
  for (const auto &sample : samples) {
    expected.insert(std::vector<int64_t>(sample.ids.begin(), sample.ids.end()));
    for (size_t i = 1; i < sample.labels.size(); ++i) expectedTargets += sample.labels[i] != kIgnore;
  }
  for (int64_t step = 0; step < plan.stepsPerEpoch(); ++step) {
    const auto window = plan.window(step);
    int64_t windowTargets = 0;
    for (const auto &batch : window.microBatches) {
      CHECK(batch.tokens() <= 3 * 64);
      CHECK(batch.segmentStarts.back() == batch.tokens());
      for (size_t s = 0; s + 1 < batch.segmentStarts.size(); ++s) {
        const auto begin = batch.ids.begin() + batch.segmentStarts[s];
        const auto end = batch.ids.begin() + batch.segmentStarts[s + 1];
        found.insert(std::vector<int64_t>(begin, end));
        for (int64_t i = batch.segmentStarts[s]; i < batch.segmentStarts[s + 1]; ++i) {
          CHECK(batch.positions[static_cast<size_t>(i)] == i - batch.segmentStarts[s]);
        }
      }
      for (const int64_t row : batch.targetRows) { // never the last token of a segment: its next token is another row's
        CHECK(!std::binary_search(batch.segmentStarts.begin(), batch.segmentStarts.end(), row + 1));
      }
      windowTargets += static_cast<int64_t>(batch.targets.size());
    }
    CHECK(window.trainedTokens == windowTargets); // silent bug 18: token counts, not batch counts
    targets += windowTargets;
  }
  CHECK(found == expected);
  CHECK(targets == expectedTargets);
}

TEST_CASE("Steps an epoch follow the formula and the short last window is kept") {
  const auto samples = someSamples(10, 1, 5);
  const auto steps = [&](int64_t batch, int64_t accumulation) {
    BatchOptions options;
    options.packing = false;
    options.batchSize = batch;
    options.accumulation = accumulation;
    return BatchPlan(&samples, options);
  };
  CHECK(steps(4, 1).stepsPerEpoch() == 3);
  CHECK(steps(4, 2).stepsPerEpoch() == 2);
  CHECK(steps(3, 3).stepsPerEpoch() == 2);
  CHECK(steps(INT64_MAX, INT64_MAX).stepsPerEpoch() == 1);
  CHECK(steps(INT64_MAX, INT64_MAX).window(7).microBatches.size() == 1);
  const auto last = steps(4, 2).window(1);
  REQUIRE(last.microBatches.size() == 1);
  CHECK(last.microBatches[0].segmentStarts.size() == 3); // two rows
  CHECK(steps(4, 2).window(3).epoch == 1);
  CHECK(steps(4, 2).window(3).stepInEpoch == 1);
  const std::vector<Sample> none;
  CHECK(BatchPlan(&none, {}).stepsPerEpoch() == 0);
  CHECK(BatchPlan(&none, {}).window(0).microBatches.empty());
}

TEST_CASE("Without shuffle rows come in file order; with it each epoch has its own stable order") {
  const auto samples = someSamples(50, 2, 4);
  BatchOptions options;
  options.packing = false;
  options.batchSize = 1;
  options.shuffle = false;
  for (int64_t i = 0; i < 50; ++i) {
    CHECK(BatchPlan(&samples, options).window(i).microBatches[0].ids ==
          std::vector<int64_t>(samples[static_cast<size_t>(i)].ids.begin(), samples[static_cast<size_t>(i)].ids.end()));
  }
  options.shuffle = true;
  const BatchPlan plan(&samples, options);
  const auto order = [&](int64_t epoch) {
    std::vector<std::vector<int64_t>> rows;
    for (int64_t i = 0; i < 50; ++i) rows.push_back(plan.window(epoch * 50 + i).microBatches[0].ids);
    return rows;
  };
  const auto first = order(0);
  const auto second = order(1);
  CHECK(first != second);
  CHECK(first == order(0));
  options.seed = 43;
  CHECK(!same(BatchPlan(&samples, options).window(0), plan.window(0)));
  // Pinned (from a second implementation): a change of the generator would change every run that resumes.
  CHECK(permutation(8, 42, 0) == std::vector<int64_t>{4, 5, 2, 0, 1, 6, 7, 3});
}

TEST_CASE("The loader hands out the plan's windows in order and stops at any time") {
  const auto samples = someSamples(100, 7, 20);
  BatchOptions options;
  options.maxLength = 32;
  options.batchSize = 2;
  const BatchPlan plan(&samples, options);
  {
    DataLoader loader(plan, 5, 40);
    for (int64_t step = 5; step < 40; ++step) CHECK(same(loader.next(), plan.window(step)));
    CHECK(loader.next().microBatches.empty());
  }
  for (int i = 0; i < 50; ++i) {
    DataLoader loader(plan, 0, 1000000);
    for (int k = 0; k < i % 4; ++k) loader.next();
  }
  DataLoader none(plan, 3, 3);
  CHECK(none.next().microBatches.empty());
}

TEST_CASE("The validation split is stable, disjoint and never empty on either side") {
  const auto all = someSamples(100, 9, 5);
  const auto split = [&](double fraction, int64_t seed) {
    auto training = all;
    std::vector<Sample> validation;
    splitValidation(training, fraction, seed, validation);
    std::set<int64_t> rows;
    for (const auto &sample : validation) rows.insert(sample.row);
    for (const auto &sample : training) CHECK(rows.count(sample.row) == 0);
    CHECK(training.size() + validation.size() == 100);
    CHECK(std::is_sorted(training.begin(), training.end(), [](const auto &a, const auto &b) { return a.row < b.row; }));
    return rows;
  };
  CHECK(split(0.1, 1).size() == 10);
  CHECK(split(0.1, 1) == split(0.1, 1));
  CHECK(split(0.1, 1) != split(0.1, 2));
  CHECK(split(1e-9, 1).size() == 1);
  CHECK(split(1.0, 1).size() == 99);
  CHECK(split(0.0, 1).empty());
  CHECK(split(-3.0, 1).empty());
}

TEST_CASE("Copies of a row stay on one side of the split") {
  const auto once = someSamples(10, 9, 5);
  auto training = once;
  training.insert(training.end(), once.begin(), once.end());
  std::vector<Sample> validation;
  splitValidation(training, 0.3, 1, validation);
  CHECK(validation.size() == 3);
  CHECK(training.size() == 14);
  for (const auto &kept : validation) {
    for (const auto &sample : training) CHECK(sample.row != kept.row);
  }
}
