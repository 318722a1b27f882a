#include "core/export/parity_check.h"

#include "core/generate/scorer.h"
#include "core/lora/row_order.h"
#include "core/model/language_model.h"
#include "core/model/model_loader.h"
#include "core/nn/head_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cstdio>

namespace attune::core {
namespace {

// Of the largest logit: what another order of summation in fp32 makes.
constexpr double kExact = 1e-5;
// Of what one unit in the last place of every weight makes, which is more in a model that magnifies every difference.
constexpr double kUnits = 4.0;
// Of what rounding the weights once makes: two ways of merging differ in the last bit of fp32, so a few weights in ten thousand
// lie on the other side of a rounding boundary.
constexpr double kRounding = 0.25;
constexpr int64_t kLengths[] = {1, 7, 64, 300};
constexpr int64_t kPlaces = 32; // of each row whose logits are kept

/// Token ids spread over the vocabulary, the same in every run.
std::vector<int32_t> rowOf(int64_t length, int64_t vocab) {
  std::vector<int32_t> ids;
  uint64_t state = static_cast<uint64_t>(length) * 0x9E3779B97F4A7C15ull;
  for (int64_t i = 0; i < length; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    ids.push_back(static_cast<int32_t>((state >> 33) % static_cast<uint64_t>(vocab)));
  }
  return ids;
}

Result<Tensor> probe(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters, const StopCheck &stop) {
  const io::ModelConfig &config = transformer.config();
  std::vector<Tensor> kept;
  for (const int64_t wanted : kLengths) {
    if (stop) ATTUNE_CHECK(stop());
    const int64_t length = std::min(wanted, config.context), step = (length + kPlaces - 1) / kPlaces;
    int64_t place = 0;
    const auto keep = [&](const float *logits, int64_t rows) -> Status {
      for (int64_t i = 0; i < rows; ++i, ++place)
        if ((length - 1 - place) % step == 0)
          kept.push_back(
              at::from_blob(const_cast<float *>(logits + i * config.vocab), {1, config.vocab}, at::TensorOptions().dtype(at::kFloat))
                  .clone());
      return {};
    };
    const std::vector<int32_t> ids = rowOf(length, config.vocab);
    ATTUNE_CHECK(tokenLogProbs(transformer, weights, adapters, ids, nullptr, keep));
  }
  return at::cat(kept, 0);
}

double largest(const Tensor &values) { return values.abs().max().item().toDouble(); }

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

void workIn(const LoraAdapter &adapter, DecoderWeights &weights) {
  for (const LoraModule &module : adapter.modules) {
    matrixOf(weights.layers[static_cast<size_t>(module.place.layer)], module.place.matrix)
        .dense()
        .narrow(0, module.place.rowBegin, module.place.outputs())
        .addmm_(module.b, module.a, 1, module.scale);
  }
}

Status roundAll(const std::vector<WeightPlace> &places, const OutputPlan &plan) {
  for (const WeightPlace &place : places) {
    const io::DType type = plan.typeOf(place.name);
    if (type == io::DType::F32) continue;
    place.target.copy_(place.target.to(type == io::DType::F16 ? at::kHalf : at::kBFloat16));
    if (!at::isfinite(place.target).all().item().toBool()) return typeTooNarrow(place.name, type);
  }
  return {};
}

/// Moves every weight by one unit in the last place of fp32, up and down in turn.
void nudge(const std::vector<WeightPlace> &places) {
  for (const WeightPlace &place : places) {
    Tensor factors = at::ones({place.target.size(-1)}, place.target.options());
    for (int64_t i = 0; i < factors.numel(); ++i) factors.data_ptr<float>()[i] += i % 2 == 0 ? 0x1p-23F : -0x1p-23F;
    place.target.mul_(factors);
  }
}

} // namespace

Result<ParityReference> parityReference(const io::WeightSource &source, const LoraAdapter &adapterOfFile, const OutputPlan &plan,
                                        const StopCheck &stop) {
  at::NoGradGuard noGrad;
  const io::ModelConfig &config = source.config();
  ATTUNE_TRY(const ModelFamily *family, familyOf(config));
  LoraAdapter adapter = adapterOfFile;
  toModelOrder(adapter, config);
  LoadOptions asStored(at::kFloat);
  asStored.rawHead = true;
  ATTUNE_TRY(const DecoderWeights base, loadWeights(source, asStored));
  ATTUNE_TRY(DecoderWeights weights, changedWeights(adapter, config, *family, base));
  const Tensor rawHead = weights.head.dense();
  if (config.headNorm) weights.head = normaliseRows(rawHead);

  Transformer transformer(config);
  const DecoderAdapters bound = bindAdapter(adapter, config.layers);
  ParityReference reference;
  ATTUNE_TRY(reference.exact, probe(transformer, weights, &bound, stop));
  workIn(adapter, weights);
  ATTUNE_TRY(const Tensor merged, probe(transformer, weights, nullptr, stop));
  if (config.headNorm && !plan.foldsHeadNorm) weights.head = rawHead; // what the file holds
  io::ModelConfig untied = config;
  untied.tiedEmbeddings = false;
  ATTUNE_CHECK(roundAll(weightPlaces(untied, *family, weights), plan));
  if (config.headNorm && !plan.foldsHeadNorm) weights.head = normaliseRows(rawHead);
  ATTUNE_TRY(reference.rounded, probe(transformer, weights, nullptr, stop));
  nudge(weightPlaces(untied, *family, weights));
  ATTUNE_TRY(const Tensor nudged, probe(transformer, weights, nullptr, stop));

  const double exact = std::max(kExact * largest(reference.exact), kUnits * largest(nudged - reference.rounded));
  const double drift = largest(merged - reference.exact);
  if (drift > exact)
    return Error{ErrorCode::Internal,
                 "Working the adapter into the weights in memory changes the logits by " + number(drift) + ", where fp32 explains " +
                     number(exact) + ".",
                 "", "Please report this: nothing was written."};
  reference.tolerance = exact + kRounding * largest(reference.rounded - merged);
  return reference;
}

Result<ParityReport> checkFolder(const std::string &folder, const ParityReference &reference, const StopCheck &stop) {
  at::NoGradGuard noGrad;
  ATTUNE_TRY(LanguageModel model, LanguageModel::open(folder, "", at::kFloat));
  ATTUNE_TRY(const Tensor logits, probe(model.transformer, model.weights, nullptr, stop));
  ParityReport report;
  if (logits.sizes() != reference.exact.sizes())
    return Error{ErrorCode::Internal, "The written model has another vocabulary or context than the original.", folder, ""};
  report.maxDifference = largest(logits - reference.exact);
  report.relativeDifference = report.maxDifference / std::max(1e-30, largest(reference.exact));
  report.topAgreement = logits.argmax(1).eq(reference.exact.argmax(1)).to(at::kFloat).mean().item().toDouble();
  const double off = largest(logits - reference.rounded);
  if (off > reference.tolerance)
    return Error{ErrorCode::Internal,
                 "The written model does not compute what model and adapter compute: logits differ by " + number(off) +
                     " where rounding explains " + number(reference.tolerance) + ", and the likeliest token is the same in " +
                     number(100 * report.topAgreement) + "% of the places.",
                 folder, "Nothing was kept. Check the disk, and please report this."};
  return report;
}

} // namespace attune::core
