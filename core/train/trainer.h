// The training loop: windows in, events and checkpoints out. Owns no model; knows no file format and no command line.
// Job thread, blocking; stops between micro-batches when asked. Out of memory is a pause (core/train/memory_retry.h). Fails with
// NotFinite, IoFailed, DeviceFailed or OutOfMemory (the last with a checkpoint), and the earlier checkpoints stay intact.
#pragma once

#include "core/api/event_sink.h"
#include "core/base/clock.h"
#include "core/data/data_loader.h"
#include "core/device/tensor_memory.h"
#include "core/train/checkpoint.h"
#include "core/train/lr_schedule.h"
#include "core/train/run_control.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::core {

struct TrainerOptions {
  int64_t totalSteps = 0;
  LrSchedule schedule;
  double clipNorm = 0.0;
  bool scaleLoss = false; // fp16: dynamic loss scaling
  int64_t batchSize = 1;
  int64_t accumulation = 1;
  int64_t logSteps = 1;
  int64_t evalSteps = 0;
  int64_t saveSteps = 0;
  double saveSeconds = 300.0; // with saveSteps 0: the longest time between two checkpoints
  int64_t stopAfter = 0;      // optimizer steps of this attempt; 0 = no limit
  api::EarlyStopping earlyStopping;
  uint64_t seed = 0;
  std::string checkpointing = "none"; // as the model was set up
  std::vector<std::string> samplePrompts;

  static TrainerOptions from(const api::RunConfig &config, int64_t totalSteps);
};

/// Everything outside the loop that it asks or tells; tests replace each.
struct TrainerHooks {
  Clock clock = Clock::system();
  std::function<api::MemoryUse()> memory = hostMemoryUse;
  std::function<Result<std::string>(const std::string &prompt)> answer; // sample prompts; empty = none are answered
  std::function<Status()> health;                                       // asked after each step; an error ends the run
  std::function<std::optional<std::string>()> shortage;                 // asked after each step: what of the host runs short, in words
  std::function<void()> freeMemory = releaseTensorMemory;               // gives back what is kept for later
  std::function<void()> idle;                                           // waits a moment while paused
};

class Trainer {
public:
  /// All references outlive the trainer; `validation` may be empty.
  Trainer(TrainableModel &model, Optimizer &optimizer, data::BatchPlan plan, std::optional<data::BatchPlan> validation,
          TrainerOptions options, CheckpointStore &checkpoints, api::EventSink &sink, RunControl &control, TrainerHooks hooks);

  /// Continues from a checkpoint's state instead of step 0; call before run().
  void restore(const TrainerState &state);
  /// Trains until the last step (Completed), a request to stop or stopAfter (Stopped), or an error.
  Result<api::RunOutcome> run();
  /// Optimizer steps done.
  int64_t step() const { return m_state.step; }
  /// Steps that loss scaling left out, those before a resume included.
  int64_t skippedSteps() const { return m_state.lossScaler.skippedSteps; }

private:
  enum class StepResult { Done, Abandoned };
  Result<api::RunOutcome> train();
  Result<data::StepWindow> nextWindow(std::optional<data::DataLoader> &loader, int64_t limit);
  Result<StepResult> runStep(const data::StepWindow &window);
  Result<StepResult> computeGradients(const data::StepWindow &window, double &lossSum, double &norm);
  double lossScale() const { return m_options.scaleLoss ? m_state.lossScaler.scale : 1.0; }
  Status update(double scaledNorm);
  Status skipUpdate();
  bool recomputeAll();
  /// How many sequences are computed at once, and how often, with micro-batches in so many parts.
  api::MemoryRetry computedAs(int64_t step, int64_t parts, int64_t accumulation) const;
  api::MemoryRetry trainingAs(int64_t step) const;
  /// Makes room after running out of memory; `smaller`: the `next` try takes less at once. OutOfMemory after too many `vain` ones.
  Status makeRoom(const api::MemoryRetry &next, bool smaller, int64_t &vain);
  Status checkHost();
  void keepLastState();
  Result<api::RunOutcome> stop();
  void pause();
  Status afterStep();
  void logStep();
  Result<std::optional<double>> evaluate(); // nothing when a stop was asked for meanwhile
  Result<double> evaluate(const data::MicroBatch &batch);
  Status save();
  void answerSamples();
  bool epochEnds() const { return m_state.step % m_plan.stepsPerEpoch() == 0; }
  bool evaluationDue() const;
  bool evaluationMissing() const { return evaluationDue() && m_state.history.lastStep < m_state.step; }
  Result<bool> evaluateNow(); // true when it is the best so far
  bool checkpointDue();
  void push(api::RunEventBody body) { m_sink.push({0, 0, std::move(body)}); }

  TrainableModel &m_model;
  Optimizer &m_optimizer;
  data::BatchPlan m_plan;
  std::optional<data::BatchPlan> m_validation;
  TrainerOptions m_options;
  CheckpointStore &m_checkpoints;
  api::EventSink &m_sink;
  RunControl &m_control;
  TrainerHooks m_hooks;

  TrainerState m_state;
  double m_lastLr = 0;
  double m_lastNorm = 0;
  int64_t m_savedStep = -1;
  int64_t m_sampledStep = -1;
  double m_savedAt = 0;
  int64_t m_evaluationParts = 1;
  bool m_updating = false; // the weights are between two steps, and never saved so
};

} // namespace attune::core
