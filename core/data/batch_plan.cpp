#include "core/base/rng.h"
#include "core/data/data_loader.h"
#include "core/data/packing.h"

#include <algorithm>
#include <mutex>

namespace attune::data {

struct BatchPlan::State {
  const std::vector<Sample> *samples = nullptr;
  BatchOptions options;
  std::vector<std::vector<int64_t>> sequences;
  std::mutex mutex; // guards the order of the epoch asked for last
  int64_t orderedEpoch = -1;
  std::vector<int64_t> order;
};

BatchPlan::BatchPlan(const std::vector<Sample> *samples, BatchOptions options) : m_state(std::make_shared<State>()) {
  options.batchSize = std::max<int64_t>(options.batchSize, 1);
  options.accumulation = std::max<int64_t>(options.accumulation, 1);
  options.maxLength = std::max<int64_t>(options.maxLength, 1);
  m_state->samples = samples;
  m_state->options = options;
  std::vector<int64_t> lengths(samples->size());
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = static_cast<int64_t>((*samples)[i].ids.size());
  if (options.packing) {
    m_state->sequences = packFirstFit(lengths, options.maxLength);
    return;
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] > 0) m_state->sequences.push_back({static_cast<int64_t>(i)});
  }
}

int64_t BatchPlan::sequencesPerEpoch() const { return static_cast<int64_t>(m_state->sequences.size()); }

int64_t BatchPlan::stepsPerEpoch() const {
  const BatchOptions &options = m_state->options;
  const int64_t count = sequencesPerEpoch();
  const int64_t batches = count / options.batchSize + (count % options.batchSize != 0);
  return batches / options.accumulation + (batches % options.accumulation != 0);
}

StepWindow BatchPlan::window(int64_t step) const {
  StepWindow window;
  const int64_t steps = stepsPerEpoch();
  if (steps == 0 || step < 0) return window;
  const BatchOptions &options = m_state->options;
  const int64_t count = sequencesPerEpoch();
  window.epoch = step / steps;
  window.stepInEpoch = step % steps;
  std::vector<std::vector<int64_t>> batch;
  for (int64_t micro = 0; micro < std::min(options.accumulation, count); ++micro) {
    // Both factors are at most `count` here, apart from the sizes a user may set far beyond it.
    const int64_t index = window.stepInEpoch * options.accumulation + micro;
    if (index > (count - 1) / options.batchSize) break;
    const int64_t first = index * options.batchSize;
    const int64_t last = first + std::min(options.batchSize, count - first);
    batch.clear();
    {
      const std::lock_guard<std::mutex> lock(m_state->mutex);
      if (options.shuffle && m_state->orderedEpoch != window.epoch) {
        m_state->order = permutation(count, static_cast<uint64_t>(options.seed), static_cast<uint64_t>(window.epoch));
        m_state->orderedEpoch = window.epoch;
      }
      for (int64_t i = first; i < last; ++i) {
        const int64_t sequence = options.shuffle ? m_state->order[static_cast<size_t>(i)] : i;
        batch.push_back(m_state->sequences[static_cast<size_t>(sequence)]);
      }
    }
    window.microBatches.push_back(collate(*m_state->samples, batch));
    if (!options.packing) { // then a run is what transformers computes, whose batch is padded to its longest row
      MicroBatch &made = window.microBatches.back();
      made.rotaryLength = made.positions.empty() ? 0 : *std::max_element(made.positions.begin(), made.positions.end()) + 1;
    }
    window.tokens += window.microBatches.back().tokens();
    window.trainedTokens += static_cast<int64_t>(window.microBatches.back().targets.size());
  }
  return window;
}

} // namespace attune::data
