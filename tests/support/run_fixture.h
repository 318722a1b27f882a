// A run of the tiny model in a temporary folder: collects events, ends with the folder's removal. Test thread only.
#pragma once

#include "core/train/run_folder.h"
#include "core/train/run_recorder.h"
#include "core/train/trainer.h"
#include "tests/support/bigram_model.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace attune::test {

class TemporaryFolder {
public:
  TemporaryFolder() {
    static int counter = 0;
    m_path =
        (std::filesystem::temp_directory_path() / ("attune-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++))).string();
    std::filesystem::create_directories(m_path);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(m_path, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(m_path, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return m_path; }

private:
  std::string m_path;
};

struct CollectingSink : api::EventSink {
  void push(const api::RunEvent &event) override { events.push_back(event); }
  template <typename Event> std::vector<Event> all() const {
    std::vector<Event> found;
    for (const api::RunEvent &event : events) {
      if (const auto *e = std::get_if<Event>(&event.body)) found.push_back(*e);
    }
    return found;
  }
  std::vector<api::RunEvent> events;
};

/// Time that moves by one second at each look.
inline Clock steppingClock() {
  auto now = std::make_shared<double>(1000.0);
  const auto tick = [now] { return *now += 1.0; };
  return {tick, tick};
}

/// One attempt of a run over `samples`: model, optimizer and trainer wired as runTraining does it.
using core::CheckpointStore;
using core::Optimizer;
using core::RunControl;
using core::Trainer;
using core::TrainerHooks;
using core::TrainerOptions;

struct TinyRun {
  explicit TinyRun(std::string runFolder, data::BatchOptions batchOptions = defaultBatches(), int64_t keep = 3)
      : folder(std::move(runFolder)), samples(raggedSamples(13)), plan(&samples, batchOptions),
        optimizer(model.parameters(), optimizerOptions()), checkpoints(folder, keep) {
    options.totalSteps = 12;
    options.batchSize = batchOptions.batchSize;
    options.accumulation = batchOptions.accumulation;
    options.schedule = {api::SchedulerKind::Cosine, 0.05, 12, 2};
    options.clipNorm = 1.0;
    options.saveSteps = 1000;
    hooks.clock = steppingClock();
  }

  static data::BatchOptions defaultBatches() {
    data::BatchOptions batches;
    batches.maxLength = 16;
    batches.batchSize = 2;
    batches.accumulation = 2;
    return batches;
  }
  static api::OptimizerConfig optimizerOptions() {
    api::OptimizerConfig config;
    config.weightDecay = 0.01;
    return config;
  }

  Result<api::RunOutcome> run(int64_t resumeFrom = -1) {
    std::optional<data::BatchPlan> validationPlan;
    if (!validation.empty()) validationPlan.emplace(&validation, data::BatchOptions{64, 2, 1, false, false, 0});
    Trainer trainer(model, optimizer, plan, validationPlan, options, checkpoints, sink, control, hooks);
    if (resumeFrom >= 0) {
      const auto state = checkpoints.read(resumeFrom, model, optimizer);
      REQUIRE(state.ok());
      trainer.restore(*state);
    }
    auto outcome = trainer.run();
    step = trainer.step();
    return outcome;
  }

  std::string folder;
  std::vector<data::Sample> samples, validation;
  data::BatchPlan plan;
  BigramModel model;
  Optimizer optimizer;
  CheckpointStore checkpoints;
  TrainerOptions options;
  TrainerHooks hooks;
  CollectingSink sink;
  RunControl control;
  int64_t step = 0;
};

} // namespace attune::test
