// The deterministic road from samples to optimizer steps: shuffle per epoch, pack, batch, accumulate.
// DataLoader prefetches on its own thread (no tensor operation there); BatchPlan is a pure function of its inputs.
#pragma once

#include "core/base/result.h"
#include "core/data/sample.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace attune::data {

struct BatchOptions {
  int64_t maxLength = 512;
  int64_t batchSize = 4; // sequences a micro-batch
  int64_t accumulation = 1;
  bool packing = true; // whole rows, first fit, into sequences of at most maxLength
  bool shuffle = true;
  int64_t seed = 42;
};

/// The sequences of one epoch, each a list of sample indices laid end to end; `samples` must outlive the plan.
/// Copies share their state; window() may be called from any thread.
class BatchPlan {
public:
  BatchPlan(const std::vector<Sample> *samples, BatchOptions options);
  int64_t sequencesPerEpoch() const;
  /// ceil(ceil(sequences / batch) / accumulation): the same in every epoch (packing is done once, in file order;
  /// shuffle then orders the sequences of each epoch).
  int64_t stepsPerEpoch() const;
  /// Step `step` counted from 0 over all epochs.
  StepWindow window(int64_t step) const;

private:
  struct State;
  std::shared_ptr<State> m_state;
};

/// Collates sequences (lists of samples) into one padding-free micro-batch; does the label shift.
MicroBatch collate(const std::vector<Sample> &samples, const std::vector<std::vector<int64_t>> &sequences);

/// Hands out windows in order from `firstStep`, prepared ahead on a thread.
class DataLoader {
public:
  DataLoader(BatchPlan plan, int64_t firstStep, int64_t lastStep);
  ~DataLoader();
  DataLoader(const DataLoader &) = delete;
  DataLoader &operator=(const DataLoader &) = delete;
  /// The next window; blocks until it is ready. An empty window after the last one.
  StepWindow next();

private:
  struct Worker;
  std::unique_ptr<Worker> m_worker;
};

/// The rows kept for validation when `fraction` > 0: a deterministic choice by seed, at least one row on each side when
/// there are two. Copies of a row (dataset weights) stay on one side; validation keeps one of them.
void splitValidation(std::vector<Sample> &samples, double fraction, int64_t seed, std::vector<Sample> &validation);

} // namespace attune::data
