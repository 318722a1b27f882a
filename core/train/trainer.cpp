#include "core/train/trainer.h"

#include "core/api/config_fields.h"
#include "core/device/torch_guard.h"
#include "core/train/loss_guard.h"
#include "core/train/memory_retry.h"
#include "core/train/update_in_pass.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

using api::RunOutcome;
using api::RunState;
using api::StateChanged;

TrainerOptions TrainerOptions::from(const api::RunConfig &config, int64_t totalSteps) {
  TrainerOptions options;
  options.totalSteps = totalSteps;
  options.schedule = makeLrSchedule(config, totalSteps);
  options.clipNorm = config.clipNorm;
  options.scaleLoss = config.precision == api::Precision::Fp16;
  options.batchSize = config.batchSize;
  options.accumulation = config.accumulation;
  options.logSteps = config.logSteps;
  options.evalSteps = config.evalSteps;
  options.saveSteps = config.saveSteps;
  options.earlyStopping = config.earlyStopping;
  options.seed = static_cast<uint64_t>(config.seed);
  options.checkpointing = api::nameOf(config.checkpointing);
  options.samplePrompts = config.samplePrompts;
  return options;
}

Trainer::Trainer(TrainableModel &model, Optimizer &optimizer, data::BatchPlan plan, std::optional<data::BatchPlan> validation,
                 TrainerOptions options, CheckpointStore &checkpoints, api::EventSink &sink, RunControl &control, TrainerHooks hooks)
    : m_model(model), m_optimizer(optimizer), m_plan(std::move(plan)), m_validation(std::move(validation)), m_options(std::move(options)),
      m_checkpoints(checkpoints), m_sink(sink), m_control(control), m_hooks(std::move(hooks)) {}

void Trainer::restore(const TrainerState &state) {
  m_state = state;
  m_savedStep = state.step;
  if (m_state.economy.recomputesAll) m_model.recomputeAll();
}

Result<RunOutcome> Trainer::run() {
  auto outcome = guarded("Training", [this] { return train(); });
  if (!outcome.ok() && outcome.error().code == ErrorCode::OutOfMemory) keepLastState();
  return outcome;
}

Result<RunOutcome> Trainer::train() {
  m_savedAt = m_hooks.clock.steady();
  const int64_t limit =
      m_options.stopAfter > 0
          ? m_state.step + std::min(m_options.stopAfter, m_options.totalSteps - std::min(m_options.totalSteps, m_state.step))
          : m_options.totalSteps;
  push(StateChanged{RunState::Training});
  // A run stopped during an evaluation makes up for it, so that it goes on as if it had not been stopped.
  if (m_state.step > 0 && evaluationMissing()) {
    ATTUNE_TRY(const bool best, evaluateNow());
    if (best) ATTUNE_CHECK(save());
  }
  if (m_state.step < limit && !m_state.history.exhausted(m_options.earlyStopping)) {
    std::optional<data::DataLoader> loader;
    while (m_state.step < limit) {
      if (m_control.pauseRequested()) pause();
      if (m_control.stopRequested()) return stop();
      ATTUNE_TRY(const data::StepWindow window, nextWindow(loader, limit));
      ATTUNE_TRY(const StepResult result, runStep(window));
      if (result == StepResult::Abandoned) return stop();
      ATTUNE_CHECK(afterStep());
      if (m_hooks.health) ATTUNE_CHECK(m_hooks.health());
      if (m_hooks.shortage) ATTUNE_CHECK(checkHost());
      if (m_state.history.exhausted(m_options.earlyStopping)) {
        push(api::RunWarning{"early_stopping", "The validation loss did not improve in " + std::to_string(m_state.history.withoutGain) +
                                                   " evaluations; the run ends here."});
        break;
      }
    }
  }
  const bool early = m_state.history.exhausted(m_options.earlyStopping);
  if ((m_state.step < m_options.totalSteps && !early) || evaluationMissing()) return stop();
  if (m_savedStep != m_state.step) ATTUNE_CHECK(save());
  return RunOutcome::Completed;
}

Result<RunOutcome> Trainer::stop() {
  if (m_savedStep != m_state.step) ATTUNE_CHECK(save());
  return RunOutcome::Stopped;
}

void Trainer::pause() {
  push(StateChanged{RunState::Paused});
  while (m_control.pauseRequested() && !m_control.stopRequested()) {
    if (m_hooks.idle) m_hooks.idle();
  }
  push(StateChanged{RunState::Training});
}

Result<data::StepWindow> Trainer::nextWindow(std::optional<data::DataLoader> &loader, int64_t limit) {
  int64_t vain = 0;
  return untilItFits(
      [&]() -> Result<data::StepWindow> {
        if (!loader) loader.emplace(m_plan, m_state.step, limit);
        return loader->next();
      },
      [&] {
        loader.reset(); // its thread has ended
        return makeRoom(trainingAs(m_state.step + 1), false, vain);
      });
}

Result<Trainer::StepResult> Trainer::computeGradients(const data::StepWindow &window, double &lossSum, double &norm) {
  // The number of targets is known before the first backward pass, so that every token of the step weighs the same.
  const double scale = lossScale() / static_cast<double>(std::max<int64_t>(1, window.trainedTokens));
  int64_t &parts = m_state.economy.parts;
  bool splittable = false;
  int64_t vain = 0, vainUpdates = 0;
  const auto madeRoom = [&] { return makeRoom(trainingAs(m_state.step + 1), false, vainUpdates).ok(); };
  return untilItFits(
      [&]() -> Result<StepResult> {
        lossSum = 0;
        splittable = false;
        PassSeed seed{m_options.seed, static_cast<uint64_t>(m_state.step)};
        for (const data::MicroBatch &whole : window.microBatches) {
          splittable = splittable || parts < segmentsOf(whole);
          seed.firstToken = 0;
          const auto pieces = splitMicroBatch(whole, parts);
          for (const data::MicroBatch &piece : pieces) {
            if (m_control.stopRequested()) {
              m_optimizer.clearGradients();
              return StepResult::Abandoned;
            }
            // Without a norm to wait for and a micro-batch to add, each parameter is updated as its gradient comes.
            const bool atOnce = m_options.clipNorm == 0 && !m_options.scaleLoss && window.microBatches.size() == 1 && pieces.size() == 1;
            lossSum += passAndUpdate(m_model, atOnce ? &m_optimizer : nullptr, m_lastLr, piece, scale, seed, madeRoom);
            seed.firstToken += piece.tokens();
          }
          ++seed.microBatch;
        }
        norm = m_optimizer.gradientNorm();
        return StepResult::Done;
      },
      [&]() -> Status {
        m_optimizer.clearGradients();
        if (!m_optimizer.abandonStep()) {
          m_updating = true; // half new, half old: not to be saved
          return Error{ErrorCode::OutOfMemory,
                       "Step " + std::to_string(m_state.step + 1) + " ran out of memory when part of it was done already.", "",
                       "Make room and resume from the last checkpoint, or start again with a smaller batch_size or max_length."};
        }
        if (splittable) parts *= 2;
        const bool smaller = splittable || recomputeAll();
        return makeRoom(trainingAs(m_state.step + 1), smaller, vain);
      });
}

bool Trainer::recomputeAll() {
  if (!m_model.recomputeAll()) return false;
  m_state.economy.recomputesAll = true;
  push(api::SettingChanged{m_state.step + 1, "checkpointing", '"' + m_options.checkpointing + '"', "\"full\""});
  return true;
}

api::MemoryRetry Trainer::computedAs(int64_t step, int64_t parts, int64_t accumulation) const {
  const auto dividedUp = [](int64_t all, int64_t by) { return (all + by - 1) / by; };
  // Parts smaller than a sequence, as of packed rows, count as one each: together they are the sequences of the step still.
  const int64_t atOnce = dividedUp(m_options.batchSize, parts);
  return {step, atOnce, accumulation * dividedUp(m_options.batchSize, atOnce)};
}

api::MemoryRetry Trainer::trainingAs(int64_t step) const { return computedAs(step, m_state.economy.parts, m_options.accumulation); }

Status Trainer::makeRoom(const api::MemoryRetry &next, bool smaller, int64_t &vain) {
  m_hooks.freeMemory();
  if (!smaller && ++vain > kVainRetries) {
    return Error{ErrorCode::OutOfMemory, "Step " + std::to_string(next.step) + " does not fit in memory, even with the least at a time.",
                 "", "Lower max_length, set checkpointing to full, or use a smaller model."};
  }
  push(next);
  return {};
}

Status Trainer::checkHost() {
  if (!m_hooks.shortage()) return {};
  m_hooks.freeMemory();
  const std::optional<std::string> shortage = m_hooks.shortage();
  if (!shortage) return {};
  return Error{ErrorCode::OutOfMemory, *shortage + " The run ends here, before the system swaps or kills it.", "",
               "Close other programs and resume, or take a smaller batch, a shorter max_length or a smaller model."};
}

/// What was trained is not lost with the memory.
void Trainer::keepLastState() {
  if (m_updating || m_state.step == 0 || m_savedStep == m_state.step) return;
  m_optimizer.clearGradients();
  m_sampledStep = m_state.step; // no answers now
  const Status saved = guarded("Saving", [this] { return save(); });
  if (!saved.ok()) push(api::RunWarning{"checkpoint_failed", saved.error().text()});
}

Status Trainer::update(double scaledNorm) {
  const double scale = lossScale(); // a power of two: dividing by it loses nothing
  m_lastNorm = scaledNorm / scale;
  const double clip = m_options.clipNorm / (m_lastNorm + 1e-6); // as torch.nn.utils.clip_grad_norm_
  const double factor = (m_options.clipNorm > 0 ? std::min(clip, 1.0) : 1.0) / scale;
  if (factor != 1.0) m_optimizer.scaleGradients(factor);
  int64_t vain = 0;
  bool stepped = false;
  m_updating = true;
  ATTUNE_CHECK(untilItFits(
      [&]() -> Status {
        if (!stepped) m_optimizer.step(m_lastLr);
        stepped = true;
        m_optimizer.clearGradients();
        m_model.parametersChanged();
        return {};
      },
      [&] { return makeRoom(trainingAs(m_state.step + 1), false, vain); }));
  m_updating = false;
  if (m_options.scaleLoss) m_state.lossScaler.noteUpdate();
  return {};
}

Result<Trainer::StepResult> Trainer::runStep(const data::StepWindow &window) {
  const double begin = m_hooks.clock.steady();
  double lossSum = 0, norm = 0;
  m_lastLr = m_options.schedule.at(m_state.step);
  ATTUNE_TRY(const StepResult result, computeGradients(window, lossSum, norm));
  if (result == StepResult::Abandoned) return result;
  const bool lossIsFinite = std::isfinite(lossSum);
  if (m_options.scaleLoss && !(lossIsFinite && std::isfinite(norm))) {
    ATTUNE_CHECK(skipUpdate());
  } else {
    ATTUNE_CHECK(checkFinite(lossSum, norm, m_state.step + 1, m_lastLr));
    ATTUNE_CHECK(update(norm));
  }
  ++m_state.step;
  m_state.meters.add(lossIsFinite ? lossSum : 0.0, window.tokens, lossIsFinite ? window.trainedTokens : 0, m_hooks.clock.steady() - begin);
  return StepResult::Done;
}

Status Trainer::skipUpdate() {
  m_optimizer.clearGradients();
  ATTUNE_CHECK(m_state.lossScaler.noteSkip(m_state.step + 1, m_lastLr));
  push(api::RunWarning{"step_skipped", "The update of step " + std::to_string(m_state.step + 1) +
                                           " is left out: its gradients overflow fp16. The loss scale is now " +
                                           api::numberText(m_state.lossScaler.scale) + "."});
  return {};
}

Status Trainer::afterStep() {
  const bool last = m_state.step == m_options.totalSteps;
  if (m_state.step % m_options.logSteps == 0 || last) logStep();
  bool best = false;
  if (evaluationDue()) {
    ATTUNE_TRY(best, evaluateNow());
  }
  if (checkpointDue() || best || last) ATTUNE_CHECK(save());
  return {};
}

void Trainer::logStep() {
  api::StepMetrics metrics = m_state.meters.takeLog();
  metrics.step = m_state.step;
  metrics.lr = m_lastLr;
  metrics.gradNorm = m_lastNorm;
  metrics.memory = m_hooks.memory();
  push(metrics);
}

bool Trainer::evaluationDue() const {
  if (!m_validation) return false;
  if (m_state.step == m_options.totalSteps) return true;
  return m_options.evalSteps > 0 ? m_state.step % m_options.evalSteps == 0 : epochEnds();
}

bool Trainer::checkpointDue() {
  if (m_control.takeCheckpointRequest()) return true;
  if (m_options.saveSteps > 0) return m_state.step % m_options.saveSteps == 0;
  return epochEnds() || m_hooks.clock.steady() - m_savedAt >= m_options.saveSeconds;
}

Result<bool> Trainer::evaluateNow() {
  ATTUNE_TRY(const std::optional<double> loss, evaluate());
  if (!loss) return false;
  const bool best = m_state.history.add(*loss, m_state.step, m_options.earlyStopping.minDelta);
  answerSamples();
  return best;
}

Result<double> Trainer::evaluate(const data::MicroBatch &batch) {
  bool splittable = false;
  int64_t vain = 0;
  return untilItFits(
      [&]() -> Result<double> {
        splittable = m_evaluationParts < segmentsOf(batch);
        double sum = 0;
        for (const data::MicroBatch &piece : splitMicroBatch(batch, m_evaluationParts)) sum += m_model.evaluate(piece);
        return sum;
      },
      [&] {
        if (splittable) m_evaluationParts *= 2;
        return makeRoom(computedAs(m_state.step, m_evaluationParts, 1), splittable, vain);
      });
}

Result<std::optional<double>> Trainer::evaluate() {
  push(StateChanged{RunState::Evaluating});
  double sum = 0;
  int64_t tokens = 0;
  bool abandoned = false;
  for (int64_t step = 0; step < m_validation->stepsPerEpoch() && !abandoned; ++step) {
    data::StepWindow window = m_validation->window(step);
    for (data::MicroBatch &batch : window.microBatches) {
      batch.rotaryLength = 0; // a row's loss is what score finds for it, whatever rows stand beside it
      ATTUNE_TRY(const double loss, evaluate(batch));
      sum += loss;
    }
    tokens += window.trainedTokens;
    abandoned = m_control.stopRequested();
  }
  const double loss = tokens > 0 ? sum / static_cast<double>(tokens) : 0.0;
  if (!abandoned) push(api::EvalResult{m_state.step, loss, tokens});
  push(StateChanged{RunState::Training});
  return abandoned ? std::nullopt : std::optional<double>(loss);
}

Status Trainer::save() {
  ATTUNE_CHECK(checkWeights(m_optimizer.weightsAreFinite(), m_state.step, m_lastLr));
  push(StateChanged{RunState::Saving});
  int64_t vain = 0;
  ATTUNE_CHECK(untilItFits([&] { return m_checkpoints.write(m_state, m_model, m_optimizer); },
                           [&] { return makeRoom(trainingAs(m_state.step), false, vain); }));
  m_savedStep = m_state.step;
  m_savedAt = m_hooks.clock.steady();
  push(api::CheckpointSaved{m_state.step, CheckpointStore::relativePath(m_state.step)});
  answerSamples();
  push(StateChanged{RunState::Training});
  return {};
}

void Trainer::answerSamples() {
  if (!m_hooks.answer || m_sampledStep == m_state.step) return;
  m_sampledStep = m_state.step;
  for (const std::string &prompt : m_options.samplePrompts) {
    const auto text = guarded("A sample answer", [&] { return m_hooks.answer(prompt); });
    if (text.ok())
      push(api::SampleAnswer{m_state.step, prompt, *text});
    else
      push(api::RunWarning{"sample_failed", text.error().message});
    if (!text.ok() && text.error().code == ErrorCode::OutOfMemory) m_hooks.freeMemory();
  }
}

} // namespace attune::core
