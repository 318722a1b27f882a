#include "core/train/run_inputs.h"

#include "core/api/config_fields.h"
#include "core/data/data_loader.h"
#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/threads.h"
#include "core/io/model_fingerprint.h"
#include "core/nn/matmul.h"
#include "core/nn/matmul_paths.h"
#include "core/plan/plan_place.h"
#include "core/plan/start_check.h"
#include "core/train/resume_settings.h"

#include <algorithm>

namespace attune::core {

namespace {

Error changedError(const std::string &what, const std::string &where) {
  return {ErrorCode::InvalidData,
          "The " + what + " not the one this run was started with.",
          where,
          "Put the original back, or start a new run.",
          {}};
}

/// Tokens of the largest micro-batch of an epoch: what the forecast counts activations by.
int64_t largestMicroBatch(const std::vector<data::Sample> &samples, const api::RunConfig &config) {
  data::BatchOptions options{config.maxLength, config.batchSize, config.accumulation, config.packing, false, config.seed};
  const data::BatchPlan plan(&samples, options);
  if (config.packing) return std::min(config.batchSize, plan.sequencesPerEpoch()) * config.maxLength;
  // Shuffling may put the longest rows together.
  std::vector<int64_t> lengths;
  for (const data::Sample &sample : samples) lengths.push_back(static_cast<int64_t>(sample.ids.size()));
  std::sort(lengths.rbegin(), lengths.rend());
  int64_t sum = 0;
  for (size_t i = 0; i < lengths.size() && static_cast<int64_t>(i) < config.batchSize; ++i) sum += lengths[i];
  return sum;
}

int64_t bytesOf(const std::vector<data::Sample> &samples) {
  int64_t bytes = 0;
  for (const data::Sample &sample : samples)
    bytes += static_cast<int64_t>(sizeof sample + (sample.ids.capacity() + sample.labels.capacity()) * sizeof(int32_t));
  return bytes;
}

/// What happened to the rows of the training or validation files, for the run's log.
void noteRows(const data::EncodedDataset &dataset, const std::string &rows, std::vector<api::RunWarning> &notices) {
  const std::string of = " of " + std::to_string(dataset.rows) + " " + rows;
  if (dataset.dropped() > 0)
    notices.push_back(
        {"rows_dropped", std::to_string(dataset.dropped()) + of + " are left out: empty, too long, or without anything to train."});
  if (dataset.truncated > 0) notices.push_back({"rows_truncated", std::to_string(dataset.truncated) + of + " are cut at max_length."});
  for (const data::Problem &problem : dataset.problems.items()) {
    if (problem.row < 0) notices.push_back({problem.code, problem.file + ": " + problem.message}); // of a file as a whole
  }
}

/// The type to compute in, tried on the model's own products; types that `auto` passed over are told of.
Result<at::ScalarType> computeTypeOf(RunInputs &inputs, int64_t microBatchTokens) {
  constexpr int64_t kFewest = 16, kMost = 2048; // rows: the trial shall take no longer than it must
  std::vector<std::string> problems;
  const auto type = provenTypeFor(inputs.config.precision, ComputePurpose::Train, inputs.device, inputs.source->config(),
                                  std::clamp(microBatchTokens, kFewest, kMost), problems);
  if (type.ok())
    for (const std::string &problem : problems)
      inputs.notices.push_back({"precision_refused", problem + " This run computes in " + typeName(*type) + "."});
  return type;
}

} // namespace

Result<RunInputs> readRunInputs(const api::RunConfig &config, const RunRecord *earlier, StopToken stop,
                                const std::function<void(const std::string &)> &progress) {
  const auto say = [&](const std::string &text) {
    if (progress) progress(text);
  };
  RunInputs inputs;
  inputs.config = config;
  say("Reading the data");
  std::vector<api::DatasetRef> files = config.dataset;
  if (!config.validation.path.empty()) files.push_back({config.validation.path});
  ATTUNE_TRY(inputs.bundle, data::loadTokenizerFor(config.model, files));
  if (!config.samplePrompts.empty() && !inputs.bundle.tokenizer)
    return Error{ErrorCode::MissingInFolder, "The model has no tokenizer, which sample prompts need.", config.model,
                 "Put the model's tokenizer files into its folder, or leave out sample_prompts."};
  const data::DatasetOptions options = {
      config.templateName, config.maxLength, config.overlength, config.trainOn, 0, false, false, data::modelVocabularySize(config.model)};
  ATTUNE_TRY(data::EncodedDataset dataset, data::encodeDataset(config.dataset, inputs.bundle, options, stop));
  noteRows(dataset, "rows", inputs.notices);
  inputs.templateUsed = dataset.templateUsed;
  inputs.record.datasetHash = dataset.hash;
  inputs.training = std::move(dataset.samples);
  if (!config.validation.path.empty()) {
    ATTUNE_TRY(data::EncodedDataset held, data::encodeDataset({files.back()}, inputs.bundle, options, stop));
    noteRows(held, "rows of the validation file", inputs.notices);
    inputs.record.validationHash = held.hash;
    inputs.validation = std::move(held.samples);
  } else if (config.validation.fraction > 0) {
    data::splitValidation(inputs.training, config.validation.fraction, config.seed, inputs.validation);
    if (inputs.validation.empty())
      inputs.notices.push_back({"no_validation_rows", "There are too few rows to hold any out for validation."});
  }
  if (earlier && (earlier->datasetHash != inputs.record.datasetHash || earlier->validationHash != inputs.record.validationHash)) {
    return changedError("dataset is", config.dataset.front().path);
  }

  say("Looking at the model");
  ATTUNE_TRY(inputs.source, io::openModel(config.model));
  ATTUNE_TRY(inputs.record.modelHash, io::modelFingerprint(config.model, *inputs.source));
  if (earlier && !earlier->modelHash.empty() && earlier->modelHash != inputs.record.modelHash)
    return changedError("model is", config.model);

  if (io::holdsNf4(*inputs.source) && inputs.config.quantization != api::Quantization::Nf4)
    inputs.notices.push_back({"weights_decoded", "The model stores its weights in NF4; this run decodes them (quantization " +
                                                     api::nameOf(inputs.config.quantization) + "). With nf4 they stay as they are."});
  inputs.record.threads = setComputeThreads(earlier && earlier->threads > 0 ? earlier->threads : config.threads);
  for (const auto kind : {api::Precision::Fp32, api::Precision::Bf16, api::Precision::Fp16})
    if (earlier && earlier->precision == api::nameOf(kind)) inputs.config.precision = kind;
  ATTUNE_TRY(inputs.device, chooseDevice(config.device));
  const int64_t microBatch = largestMicroBatch(inputs.training, inputs.config);
  ATTUNE_TRY(const at::ScalarType compute, computeTypeOf(inputs, microBatch));
  inputs.config.precision = precisionOf(compute);
  inputs.record.precision = api::nameOf(inputs.config.precision);
  // Which product is faster is a matter of the moment; a resumed run stays with the choice, to the bit.
  pinMatmulPaths(earlier ? earlier->products : std::map<std::string, std::string>{});
  inputs.record.products = {{"fp32", matmulPath(at::kFloat)}};
  if (compute == at::kBFloat16) inputs.record.products["bf16"] = matmulPath(at::kBFloat16);

  PlanPlace place = placeOn(inputs.device, inputs.config, inputs.record.threads, inputs.source->config());
  place.context.microBatchTokens = microBatch;
  place.context.dataBytes = bytesOf(inputs.training) + bytesOf(inputs.validation);
  ATTUNE_TRY(api::RunConfig planned, withAdapterSettings(inputs.config));
  // The memory that is free decides `auto`, and may decide it anew only where that changes no bit.
  if (earlier && recomputingRounds(planned) && planned.checkpointing == api::Checkpointing::Auto)
    for (const auto kind : {api::Checkpointing::None, api::Checkpointing::Selective, api::Checkpointing::Full})
      if (earlier->checkpointing == api::nameOf(kind)) planned.checkpointing = kind;
  ATTUNE_TRY(const StartPlan start, planStart(inputs.source->config(), planned, place.context, place.budget));
  if (const std::string note = checkpointingNote(inputs.config); !note.empty()) inputs.notices.push_back({"checkpointing_full", note});
  inputs.config.checkpointing = start.config.checkpointing;
  inputs.record.checkpointing = api::nameOf(inputs.config.checkpointing);
  inputs.forecast = start.forecast;
  inputs.forecastContext = place.context;
  inputs.record.forecast = {start.forecast.peakBytes, start.forecast.hostPeakBytes};
  return inputs;
}

} // namespace attune::core
