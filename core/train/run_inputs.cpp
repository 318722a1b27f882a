#include "core/train/run_inputs.h"

#include "core/api/config_fields.h"
#include "core/data/data_loader.h"
#include "core/device/dtype_policy.h"
#include "core/device/threads.h"
#include "core/io/model_fingerprint.h"
#include "core/nn/matmul.h"
#include "core/nn/matmul_paths.h"
#include "core/plan/start_check.h"

#include <algorithm>

namespace attune::core {

namespace {

Error changedError(const std::string &what, const std::string &where) {
  return {ErrorCode::InvalidData, "The " + what + " not the one this run was started with.", where,
          "Put the original back, or start a new run.", {}};
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

/// A tokenizer may know more tokens than the model has rows, and rows of ids may say anything.
Status checkVocabulary(const std::vector<data::Sample> &samples, int64_t vocab, const std::string &where) {
  const auto outside = [vocab](int32_t id) { return id >= vocab; };
  for (const data::Sample &sample : samples) {
    if (std::none_of(sample.ids.begin(), sample.ids.end(), outside) && std::none_of(sample.labels.begin(), sample.labels.end(), outside)) continue;
    return Error{ErrorCode::InvalidData, "Row " + std::to_string(sample.row) + " holds a token id outside the model's vocabulary of " + std::to_string(vocab) + ".",
                 where, "Tokenise the rows with this model's tokenizer.", {}};
  }
  return {};
}

/// Rows of token ids train without a tokenizer; everything else needs one.
Result<tokenizer::TokenizerBundle> readTokenizer(const api::RunConfig &config) {
  auto bundle = tokenizer::loadTokenizer(config.model);
  if (bundle.ok() || bundle.error().code != ErrorCode::MissingInFolder) return bundle;
  ATTUNE_TRY(const data::EncodedDataset rows, data::surveyDataset(config.dataset, nullptr, {}));
  if (rows.format != api::nameOf(api::DatasetFormat::Tokens)) return bundle;
  return tokenizer::TokenizerBundle{};
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
  ATTUNE_TRY(inputs.bundle, readTokenizer(config));
  const data::DatasetOptions options = {config.templateName, config.maxLength, config.overlength, config.trainOn, 0, false, false};
  ATTUNE_TRY(data::EncodedDataset dataset, data::encodeDataset(config.dataset, inputs.bundle, options, stop));
  inputs.rows = dataset.rows;
  inputs.dropped = dataset.droppedOverlength + dataset.droppedNoTargets;
  inputs.truncated = dataset.truncated;
  inputs.templateUsed = dataset.templateUsed;
  inputs.record.datasetHash = dataset.hash;
  inputs.training = std::move(dataset.samples);
  if (!config.validation.path.empty()) {
    api::DatasetRef file;
    file.path = config.validation.path;
    ATTUNE_TRY(data::EncodedDataset held, data::encodeDataset({file}, inputs.bundle, options, stop));
    inputs.record.validationHash = held.hash;
    inputs.validation = std::move(held.samples);
  } else if (config.validation.fraction > 0) {
    data::splitValidation(inputs.training, config.validation.fraction, config.seed, inputs.validation);
  }
  if (earlier && (earlier->datasetHash != inputs.record.datasetHash || earlier->validationHash != inputs.record.validationHash)) {
    return changedError("dataset is", config.dataset.front().path);
  }

  say("Looking at the model");
  ATTUNE_TRY(inputs.source, io::openModel(config.model));
  ATTUNE_CHECK(checkVocabulary(inputs.training, inputs.source->config().vocab, config.dataset.front().path));
  ATTUNE_CHECK(checkVocabulary(inputs.validation, inputs.source->config().vocab, config.validation.path));
  ATTUNE_TRY(inputs.record.modelHash, io::modelFingerprint(config.model, *inputs.source));
  if (earlier && !earlier->modelHash.empty() && earlier->modelHash != inputs.record.modelHash) return changedError("model is", config.model);

  inputs.record.threads = setComputeThreads(earlier && earlier->threads > 0 ? earlier->threads : config.threads);
  if (earlier && earlier->precision == "bf16") inputs.config.precision = api::Precision::Bf16;
  if (earlier && earlier->precision == "fp32") inputs.config.precision = api::Precision::Fp32;
  ATTUNE_TRY(const at::ScalarType compute, computeTypeFor(inputs.config.precision, ComputePurpose::Train));
  inputs.config.precision = compute == at::kBFloat16 ? api::Precision::Bf16 : api::Precision::Fp32;
  inputs.record.precision = api::nameOf(inputs.config.precision);
  // Which product is faster is a matter of the moment; a resumed run stays with the choice, to the bit.
  pinMatmulPaths(earlier ? earlier->products : std::map<std::string, std::string>{});
  inputs.record.products = {{"fp32", matmulPath(at::kFloat)}};
  if (compute == at::kBFloat16) inputs.record.products["bf16"] = matmulPath(at::kBFloat16);

  PlanContext context;
  context.bf16 = compute == at::kBFloat16;
  context.microBatchTokens = largestMicroBatch(inputs.training, inputs.config);
  context.threads = inputs.record.threads;
  ATTUNE_TRY(const api::RunConfig planned, withAdapterSettings(inputs.config));
  ATTUNE_TRY(const StartPlan start, planStart(inputs.source->config(), planned, context, hostBudget(inputs.config)));
  inputs.config.checkpointing = start.config.checkpointing;
  inputs.forecast = start.forecast;
  inputs.record.forecastBytes = start.forecast.hostPeakBytes;
  return inputs;
}

} // namespace attune::core
