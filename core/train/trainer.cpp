#include "core/train/trainer.h"

#include "core/device/torch_guard.h"
#include "core/train/loss_guard.h"
#include "core/train/memory_retry.h"
#include "core/train/update_in_pass.h"

#include <algorithm>

namespace attune::core {

using api::RunOutcome;
using api::RunState;
using api::StateChanged;

TrainerOptions TrainerOptions::from(const api::RunConfig &config, int64_t totalSteps) {
  TrainerOptions options;
  options.totalSteps = totalSteps;
  options.schedule = makeLrSchedule(config, totalSteps);
  options.clipNorm = config.clipNorm;
  options.batchSize = config.batchSize;
  options.accumulation = config.accumulation;
  options.logSteps = config.logSteps;
  options.evalSteps = config.evalSteps;
  options.saveSteps = config.saveSteps;
  options.earlyStopping = config.earlyStopping;
  options.seed = static_cast<uint64_t>(config.seed);
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
}

Result<RunOutcome> Trainer::run() {
  m_savedAt = m_hooks.clock.steady();
  const int64_t limit =
      m_options.stopAfter > 0
          ? m_state.step + std::min(m_options.stopAfter, m_options.totalSteps - std::min(m_options.totalSteps, m_state.step))
          : m_options.totalSteps;
  push(StateChanged{RunState::Training});
  // A run stopped during an evaluation makes up for it, so that it goes on as if it had not been stopped.
  if (m_state.step > 0 && evaluationMissing() && evaluateNow()) ATTUNE_CHECK(save());
  if (m_state.step < limit && !m_state.history.exhausted(m_options.earlyStopping)) {
    data::DataLoader loader(m_plan, m_state.step, limit);
    while (m_state.step < limit) {
      if (m_control.pauseRequested()) pause();
      if (m_control.stopRequested()) return stop();
      ATTUNE_TRY(const StepResult result, runStep(loader.next()));
      if (result == StepResult::Abandoned) return stop();
      ATTUNE_CHECK(afterStep());
      if (m_hooks.health) ATTUNE_CHECK(m_hooks.health());
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

Result<Trainer::StepResult> Trainer::computeGradients(const data::StepWindow &window, double &lossSum) {
  // The number of targets is known before the first backward pass, so that every token of the step weighs the same.
  const double scale = 1.0 / static_cast<double>(std::max<int64_t>(1, window.trainedTokens));
  for (;;) {
    lossSum = 0;
    uint64_t index = 0;
    bool splittable = false;
    try {
      for (const data::MicroBatch &whole : window.microBatches) {
        const auto pieces = splitMicroBatch(whole, m_parts);
        splittable = splittable || static_cast<int64_t>(whole.segmentStarts.size()) - 1 > m_parts;
        for (const data::MicroBatch &piece : pieces) {
          if (m_control.stopRequested()) {
            m_optimizer.clearGradients();
            return StepResult::Abandoned;
          }
          const PassSeed seed{m_options.seed, static_cast<uint64_t>(m_state.step), index++};
          // Without a norm to wait for and a micro-batch to add, each parameter is updated as its gradient comes.
          const bool atOnce = m_options.clipNorm == 0 && window.microBatches.size() == 1 && pieces.size() == 1;
          lossSum += passAndUpdate(m_model, atOnce ? &m_optimizer : nullptr, m_lastLr, piece, scale, seed);
        }
      }
      return StepResult::Done;
    } catch (const std::exception &error) {
      if (!isOutOfMemory(error)) throw;
    }
    m_optimizer.clearGradients();
    if (!m_optimizer.abandonStep()) {
      return Error{ErrorCode::OutOfMemory,
                   "Step " + std::to_string(m_state.step + 1) + " ran out of memory when part of it was done already.", "",
                   "Lower batch_size or max_length, and resume from the last checkpoint."};
    }
    if (!splittable) {
      return Error{ErrorCode::OutOfMemory, "Step " + std::to_string(m_state.step + 1) + " does not fit in memory even one row at a time.",
                   "", "Lower max_length, set checkpointing to full, or use a smaller model."};
    }
    m_parts *= 2;
    push(api::MemoryRetry{m_state.step + 1, std::max<int64_t>(1, m_options.batchSize / m_parts), m_options.accumulation * m_parts});
  }
}

Result<Trainer::StepResult> Trainer::runStep(const data::StepWindow &window) {
  const double begin = m_hooks.clock.steady();
  double lossSum = 0;
  m_lastLr = m_options.schedule.at(m_state.step);
  ATTUNE_TRY(const StepResult result, computeGradients(window, lossSum));
  if (result == StepResult::Abandoned) return result;
  m_lastNorm = m_optimizer.gradientNorm();
  ATTUNE_CHECK(checkFinite(lossSum, m_lastNorm, m_state.step + 1, m_lastLr));
  const double factor = m_options.clipNorm / (m_lastNorm + 1e-6); // as torch.nn.utils.clip_grad_norm_
  if (m_options.clipNorm > 0 && factor < 1.0) m_optimizer.scaleGradients(factor);
  m_optimizer.step(m_lastLr);
  m_optimizer.clearGradients();
  m_model.parametersChanged();
  ++m_state.step;
  m_state.meters.add(lossSum, window.tokens, window.trainedTokens, m_hooks.clock.steady() - begin);
  return StepResult::Done;
}

Status Trainer::afterStep() {
  const bool last = m_state.step == m_options.totalSteps;
  if (m_state.step % m_options.logSteps == 0 || last) logStep();
  const bool best = evaluationDue() && evaluateNow();
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

bool Trainer::evaluateNow() {
  const std::optional<double> loss = evaluate();
  if (!loss) return false;
  const bool best = m_state.history.add(*loss, m_state.step, m_options.earlyStopping.minDelta);
  answerSamples();
  return best;
}

std::optional<double> Trainer::evaluate() {
  push(StateChanged{RunState::Evaluating});
  double sum = 0;
  int64_t tokens = 0;
  bool abandoned = false;
  for (int64_t step = 0; step < m_validation->stepsPerEpoch() && !abandoned; ++step) {
    data::StepWindow window = m_validation->window(step);
    for (data::MicroBatch &batch : window.microBatches) {
      batch.rotaryLength = 0; // a row's loss is what score finds for it, whatever rows stand beside it
      sum += m_model.evaluate(batch);
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
  ATTUNE_CHECK(m_checkpoints.write(m_state, m_model, m_optimizer));
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
    const auto text = m_hooks.answer(prompt);
    if (text.ok())
      push(api::SampleAnswer{m_state.step, prompt, *text});
    else
      push(api::RunWarning{"sample_failed", text.error().message});
  }
}

} // namespace attune::core
