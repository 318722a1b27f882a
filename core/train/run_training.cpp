#include "core/train/run_training.h"

#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/shell_word.h"
#include "core/data/row_encoder.h"
#include "core/device/compute_device.h"
#include "core/device/context_memory.h"
#include "core/device/device_memory.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_guard.h"
#include "core/device/host_info.h"
#include "core/device/tensor_memory.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/model/transformer_model.h"
#include "core/plan/start_check.h"
#include "core/plan/streaming_forecast.h"
#include "core/train/checkpoint.h"
#include "core/train/dry_run.h"
#include "core/train/memory_retry.h"
#include "core/train/resume_settings.h"
#include "core/train/run_inputs.h"
#include "core/train/run_recorder.h"
#include "core/train/start_warnings.h"
#include "core/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <torch/version.h>

namespace attune::core {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kSampleTokens = 96; // of one answer during training

/// The folder and what stood in it before.
struct OpenedRun {
  std::optional<RunFolder> folder; // resuming: the run's own
  api::RunConfig config;           // as it is to run now
  std::vector<api::ConfigDifference> changes;
  RunRecord record;
};

Result<OpenedRun> openRun(const api::RunRequest &request) {
  OpenedRun opened;
  if (!request.resume) {
    if (!request.numbered) ATTUNE_CHECK(RunFolder::checkFresh(request.folder));
    opened.config = request.config;
    return opened;
  }
  ATTUNE_TRY(const RunFolder folder, RunFolder::open(request.folder));
  ATTUNE_TRY(const api::RunConfig written, folder.readConfig());
  ATTUNE_TRY(opened.record, folder.readRecord());
  ATTUNE_TRY(opened.config, api::applySettings(written, request.settings));
  const api::RunConfig before = opened.record.settings.value_or(written); // run.json may have been edited since
  opened.changes = api::configDiff(before, opened.config);
  std::vector<ConfigProblem> problems;
  for (const api::ConfigDifference &change : opened.changes) {
    const std::string problem = problemOnResume(change, before, opened.config);
    if (!problem.empty()) problems.push_back({change.key, problem, ErrorCode::InvalidConfig});
  }
  if (!problems.empty()) {
    Error error = api::configError(std::move(problems), folder.configPath());
    error.hint =
        "These may change: " + api::keysChangeableOnResume() + "; and model, dataset or validation.path where the same files have moved.";
    return error;
  }
  opened.folder = folder;
  return opened;
}

/// What checkpoints and the result will take: the trained part and its optimizer's state, each kept checkpoint once.
uint64_t diskNeeded(const RunInputs &inputs, int64_t totalSteps) {
  const api::RunConfig &config = inputs.config;
  const io::ModelConfig &model = inputs.source->config();
  const bool whole = config.method != api::Method::Lora;
  const bool narrow = config.offload.layers && config.precision != api::Precision::Fp32; // 16-bit weights without masters
  const int64_t elements = whole ? model.parameterCount() : trainedParameters(model, config);
  const uint64_t weights = (narrow ? 2 : 4) * static_cast<uint64_t>(std::max<int64_t>(0, elements));
  const auto state = static_cast<uint64_t>(optimizerBytes(model, config).value());
  const int64_t saves = config.saveSteps > 0 ? totalSteps / config.saveSteps + 1 : config.epochs + 1;
  const uint64_t best = inputs.validation.empty() ? 0 : 1; // stays beside the newest; and one is being written
  const auto kept = static_cast<uint64_t>(std::min(config.keepCheckpoints, saves)) + 1 + best;
  return (weights + state) * kept + weights + (uint64_t(16) << 20);
}

/// Where a resumed run goes on.
struct ResumePoint {
  std::optional<TrainerState> state; // none = no checkpoint at all, from the start
  struct Damaged {
    int64_t step = 0;
    Error error = {};
  };
  std::vector<Damaged> passedOver; // newer
};

/// Loads the newest checkpoint that is whole. A damaged one is passed over; one that cannot be read now ends it, as it may be whole.
Result<ResumePoint> loadNewest(const CheckpointStore &checkpoints, TrainableModel &model, Optimizer &optimizer) {
  ATTUNE_TRY(const std::vector<int64_t> steps, checkpoints.steps());
  ResumePoint point;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto state = checkpoints.read(*step, model, optimizer);
    if (state.ok()) {
      point.state = *state;
      return point;
    }
    const ErrorCode code = state.error().code;
    if (code != ErrorCode::MalformedFile && code != ErrorCode::MissingInFolder) return state.error();
    point.passedOver.push_back({*step, state.error()});
  }
  if (!point.passedOver.empty()) return point.passedOver.front().error;
  return point;
}

/// Answers a sample prompt with the model as it stands.
Result<std::string> answerPrompt(TransformerModel &model, const RunInputs &inputs, const std::string &prompt, StopToken stop) {
  ATTUNE_TRY(const data::RowEncoder encoder, data::RowEncoder::create(inputs.bundle, inputs.config.templateName, inputs.config.trainOn));
  ATTUNE_TRY(const std::vector<int32_t> ids, encoder.encodePrompt(prompt));
  GenerateOptions options;
  options.maxNewTokens = kSampleTokens;
  options.endTokens = inputs.bundle.endTokens;
  options.stop = stop;
  ATTUNE_TRY(const GenerateResult answer, generate(model.transformer(), model.weights(), model.adapters(), ids, options));
  return inputs.bundle.tokenizer->decode(answer.ids, true);
}

/// Writes adapter/ or model/ into the run folder, whole or not at all.
Status writeResult(TransformerModel &model, const std::string &folder) {
  const std::string staging = folder + "/.result";
  std::error_code ignored;
  fs::remove_all(staging, ignored);
  ATTUNE_CHECK(makeFolders(staging));
  ATTUNE_CHECK(model.save(staging));
  ATTUNE_CHECK(syncTree(staging));
  for (const char *part : {"adapter", "model"}) {
    if (fs::exists(staging + "/" + part)) ATTUNE_CHECK(installFolder(staging + "/" + part, folder + "/" + part));
  }
  fs::remove_all(staging, ignored);
  return {};
}

class Run {
public:
  Run(const TrainingRequest &request, api::EventSink &live, RunControl &control) : m_request(request), m_live(live), m_control(control) {}

  Result<TrainingResult> run() {
    ATTUNE_TRY(OpenedRun opened, openRun(m_request.run));
    ATTUNE_TRY(m_inputs, readRunInputs(opened.config, m_request.run.resume ? &opened.record : nullptr, m_request.stop, m_request.progress));
    if (m_inputs.training.empty()) {
      return Error{ErrorCode::NothingToTrain,
                   "No row is left to train on.",
                   opened.config.dataset.front().path,
                   "Lower validation.fraction or add rows.",
                   {}};
    }
    const api::RunConfig &config = m_inputs.config;
    const data::BatchPlan plan = makePlan(m_inputs.training, true);
    m_result.totalSteps = totalStepsOf(config, plan.stepsPerEpoch());
    m_result.forecast = m_inputs.record.forecast;
    for (const data::Sample &sample : m_inputs.training) m_result.epochTokens += static_cast<int64_t>(sample.ids.size());
    if (!m_request.dryRun) {
      const int64_t available = freeDiskBytes(m_request.run.folder);
      if (available >= 0)
        ATTUNE_CHECK(checkFreeDisk(m_request.run.folder, diskNeeded(m_inputs, m_result.totalSteps), static_cast<uint64_t>(available)));
    }
    if (m_request.progress) m_request.progress("Loading the model");
    resetPeakMemory();
    m_before = {processMemory().residentBytes, tensorMemoryUse().bytes};
    ATTUNE_TRY(const DeviceMemoryCap cap, DeviceMemoryCap::hold(m_inputs.device, config.memoryCapBytes, copiesContextBytes(config)));
    m_capBytes = cap.heldBytes();
    const TensorMemoryLimit limit(hostCapBytes(), [this](int64_t more) { return m_host.allows(more); });
    const DeviceMemoryWatch watch(m_inputs.device);
    m_watch = &watch;
    ATTUNE_TRY(m_model, TransformerModel::open(*m_inputs.source, config.model, TrainingSetup::from(config, compute(), m_inputs.device)));
    if (m_request.dryRun) return dryRun(plan);
    return trainIn(opened, plan);
  }

  at::Device device() const { return m_inputs.device; }

private:
  at::ScalarType compute() const { return typeOf(m_inputs.config.precision); }

  /// What CPU tensors may take under the memory cap, which also covers what is no tensor; 0 = no cap, or one of a card.
  int64_t hostCapBytes() const {
    if (!m_inputs.device.is_cpu() || m_inputs.config.memoryCapBytes <= 0) return 0;
    int64_t others = 0;
    for (const MemoryItem &item : m_inputs.forecast.items) others += item.name == "context" ? item.bytes : 0;
    return std::max<int64_t>(1, m_inputs.config.memoryCapBytes - others);
  }

  data::BatchPlan makePlan(const std::vector<data::Sample> &samples, bool training) const {
    const api::RunConfig &config = m_inputs.config;
    return data::BatchPlan(&samples, {config.maxLength, config.batchSize, training ? config.accumulation : 1, config.packing,
                                      training && config.shuffle, config.seed});
  }

  Result<TrainingResult> dryRun(const data::BatchPlan &plan) {
    const api::RunConfig &config = m_inputs.config;
    return guarded("The dry run", [&] {
      if (m_request.progress) m_request.progress("Training two steps");
      Optimizer optimizer(m_model->parameters(), config.optimizer, config.lora.plusRatio, static_cast<uint64_t>(config.seed));
      const DryRunPace pace = runDrySteps(*m_model, optimizer, plan, config);
      if (pace.seconds > 0) m_result.tokensPerSecond = static_cast<double>(pace.tokens) / pace.seconds;
      m_result.measured = measuredPeaks();
      return m_result;
    });
  }

  Result<TrainingResult> trainIn(const OpenedRun &opened, const data::BatchPlan &plan) {
    std::optional<RunFolder> folder = opened.folder;
    if (!folder) {
      const std::string &path = m_request.run.folder;
      ATTUNE_TRY(folder, m_request.run.numbered ? RunFolder::createNumbered(path) : RunFolder::create(path));
    }
    m_result.folder = folder->path();
    if (m_request.opened) m_request.opened(m_result.folder);
    m_record = m_inputs.record;
    m_record.versions = {{"attune", ATTUNE_VERSION}, {"libtorch", TORCH_VERSION}};
    m_record.attempts = m_request.run.resume ? opened.record.attempts + 1 : 1;
    auto recorder = RunRecorder::open(*folder, &m_live, Clock::system());
    if (!recorder.ok()) return recorder.error();
    m_recorder = std::move(*recorder);
    CheckpointStore checkpoints(folder->path(), m_inputs.config.keepCheckpoints);
    Optimizer optimizer(m_model->parameters(), m_inputs.config.optimizer, m_inputs.config.lora.plusRatio,
                        static_cast<uint64_t>(m_inputs.config.seed));
    ResumePoint point;
    if (m_request.run.resume) {
      checkpoints.cleanUp();
      ATTUNE_TRY(point, loadNewest(checkpoints, *m_model, optimizer));
    }
    // run.json keeps the settings as asked ("auto"), the record what they became. A resume that failed has changed nothing.
    ATTUNE_CHECK(folder->writeConfig(opened.config, m_record));
    push(api::RunStarted{m_record.attempts, m_result.totalSteps, m_inputs.device.str(), m_record.versions});
    const auto outcome = guarded("Training", [&] { return train(opened, plan, checkpoints, optimizer, point); });
    return finish(*folder, opened, checkpoints, outcome);
  }

  Result<api::RunOutcome> train(const OpenedRun &opened, const data::BatchPlan &plan, CheckpointStore &checkpoints, Optimizer &optimizer,
                                const ResumePoint &point) {
    const api::RunConfig &config = m_inputs.config;
    const int64_t from = point.state ? point.state->step : 0;
    if (m_request.run.resume) push(api::Resumed{from, m_record.attempts});
    for (const ResumePoint::Damaged &damaged : point.passedOver) {
      ATTUNE_TRY(const std::string kept, checkpoints.setAside(damaged.step));
      push(api::RunWarning{"checkpoint_unreadable", "A newer checkpoint is passed over and kept as " + kept + ": " + damaged.error.text()});
    }
    for (const api::ConfigDifference &change : opened.changes) push(api::SettingChanged{from, change.key, change.from, change.to});
    for (const api::RunWarning &notice : m_inputs.notices) push(notice);
    for (api::RunWarning &warning : startWarnings(m_inputs, m_result.totalSteps)) push(std::move(warning));
    std::optional<data::BatchPlan> validation;
    if (!m_inputs.validation.empty()) validation = makePlan(m_inputs.validation, false);
    TrainerOptions options = TrainerOptions::from(config, m_result.totalSteps);
    options.stopAfter = m_request.run.stopAfter;
    TrainerHooks hooks;
    hooks.freeMemory = [this] {
      releaseTensorMemory();
      releaseDeviceMemory(m_inputs.device);
    };
    hooks.memory = [this] { return memoryUse(); };
    hooks.health = [this] { return m_recorder->status(); };
    hooks.shortage = [this] { return m_host.shortage(); };
    hooks.idle = [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); };
    hooks.answer = [this](const std::string &prompt) { return answerPrompt(*m_model, m_inputs, prompt, m_request.stop); };
    Trainer trainer(*m_model, optimizer, plan, validation, options, checkpoints, *m_recorder, m_control, hooks);
    if (point.state) trainer.restore(*point.state);
    const auto outcome = guarded("Training", [&] { return trainer.run(); });
    m_result.step = trainer.step();
    if ((m_record.skippedSteps = trainer.skippedSteps()) > 0)
      push(api::RunWarning{"steps_skipped", std::to_string(m_record.skippedSteps) + " of " + std::to_string(trainer.step()) +
                                                " steps were left out because their gradients overflow fp16."});
    if (!outcome.ok()) return outcome;
    int64_t vain = 0;
    ATTUNE_CHECK(
        untilItFits([&] { return writeResult(*m_model, m_result.folder); },
                    [&]() -> Status {
                      hooks.freeMemory();
                      if (++vain <= kVainRetries) return {};
                      return Error{ErrorCode::OutOfMemory, "The result could not be written for want of memory.", m_result.folder, ""};
                    }));
    if (!m_model->saveWarning().empty()) push(api::RunWarning{"tokenizer_not_saved", m_model->saveWarning()});
    return outcome;
  }

  api::MemoryUse memoryUse() const {
    api::MemoryUse use = hostMemoryUse();
    if (m_inputs.device.is_cpu()) return use;
    const DeviceMemoryWatch::Use device = m_watch->use();
    use.deviceBytes = device.bytes - m_capBytes;
    use.devicePeakBytes = device.peakBytes - m_capBytes;
    return use;
  }

  /// The most that was taken so far, a card's context included; what of it no forecast can know is remembered for the next.
  PeakBytes measuredPeaks() const {
    const api::MemoryUse use = memoryUse();
    const int64_t host = use.hostPeakBytes.value_or(0);
    if (m_inputs.device.is_cpu()) {
      const int64_t tensors = tensorMemoryUse().peakBytes - m_before.tensors;
      rememberContextBytes(m_inputs.device, m_inputs.record.threads, kProgramBytes + host - m_before.resident - tensors - smallTensors());
      return {0, host};
    }
    const int64_t copies = copiesContextBytes(m_inputs.config);
    rememberContextBytes(m_inputs.device, m_inputs.record.threads, m_watch->unreportedBytes() - copies);
    const int64_t context = contextOfCard(knownContextBytes(m_inputs.device, m_inputs.record.threads)) + copies;
    return {use.devicePeakBytes.value_or(0) + context, host};
  }

  /// Of an adapter, gradients and moments included: too small for the blocks that tensorMemoryUse() counts.
  int64_t smallTensors() const {
    return m_inputs.config.method == api::Method::Lora ? 16 * trainedParameters(m_inputs.source->config(), m_inputs.config) : 0;
  }

  /// The error as a person is told it: what else to try, and from where the run goes on.
  Error advised(Error error, const CheckpointStore &checkpoints) const {
    if (error.code == ErrorCode::OutOfMemory) {
      const auto planned = withAdapterSettings(m_inputs.config);
      if (planned.ok()) error.hint = outOfMemoryAdvice(m_inputs.source->config(), *planned, m_inputs.forecastContext);
    } else if (error.code != ErrorCode::DeviceFailed) {
      return error;
    }
    const auto steps = checkpoints.steps();
    if (steps.ok() && !steps->empty())
      error.hint += " What was trained up to step " + std::to_string(steps->back()) +
                    " is kept; go on from there with: attune train --resume " + shellWord(m_result.folder);
    return error;
  }

  Result<TrainingResult> finish(const RunFolder &folder, const OpenedRun &opened, const CheckpointStore &checkpoints,
                                const Result<api::RunOutcome> &outcome) {
    api::RunFinished finished{api::RunOutcome::Failed, m_result.step, std::nullopt};
    if (outcome.ok()) {
      finished.outcome = *outcome;
    } else {
      m_result.error = advised(outcome.error(), checkpoints);
      finished.error = api::RunErrorInfo{errorCodeName(m_result.error->code), m_result.error->text(), m_result.error->hint};
    }
    m_result.outcome = finished.outcome;
    m_record.measured = measuredPeaks();
    const Status written = folder.writeConfig(opened.config, m_record);
    if (!written.ok()) push(api::RunWarning{"record_not_written", written.error().text()});
    push(finished);
    return m_result;
  }

  void push(api::RunEventBody body) { m_recorder->push({0, 0, std::move(body)}); }

  const TrainingRequest &m_request;
  api::EventSink &m_live;
  RunControl &m_control;
  RunInputs m_inputs;
  RunRecord m_record;
  HostGuard m_host;
  int64_t m_capBytes = 0; // of the device, held so that nobody takes them
  const DeviceMemoryWatch *m_watch = nullptr;
  struct {
    int64_t resident = 0, tensors = 0;
  } m_before; // the model was loaded
  std::unique_ptr<TransformerModel> m_model;
  std::unique_ptr<RunRecorder> m_recorder;
  TrainingResult m_result;
};

} // namespace

Result<TrainingResult> runTraining(const TrainingRequest &request, api::EventSink &live, RunControl &control) {
  at::Device device = at::kCPU;
  const auto result = guarded("Training", [&] {
    Run run(request, live, control);
    auto ended = guarded("Training", [&] { return run.run(); });
    device = run.device();
    return ended;
  });
  // The run's memory is free by now; what is kept for later goes back, too, as far as a failed card lets it.
  static_cast<void>(guarded("Giving memory back", [&] {
    releaseTensorMemory();
    releaseDeviceMemory(device);
  }));
  return result;
}

} // namespace attune::core
