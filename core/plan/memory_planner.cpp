#include "core/plan/memory_planner.h"

#include "core/base/nf4_code.h"
#include "core/model/families/model_family.h"
#include "core/nn/loss_chunk.h"
#include "core/plan/saturating.h"
#include "core/plan/streaming_forecast.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace attune::core {

namespace {

constexpr int64_t kMiB = int64_t(1) << 20;

bool endsAtDot(const std::string &name, const std::string &suffix) {
  if (name == suffix) return true;
  return name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0 &&
         name[name.size() - suffix.size() - 1] == '.';
}

/// How many layers carry an adapter on this module, named within its layer: all of them for a suffix, one for each full name.
int64_t layersTargeted(const io::ModelConfig &model, const api::LoraConfig &lora, const std::string &module) {
  int64_t single = 0;
  for (const std::string &target : lora.targets) {
    if (target == "all-linear" || endsAtDot(module, target)) return model.layers;
    if (endsAtDot(target, module)) ++single;
  }
  return std::min(single, model.layers);
}

struct LoraSize {
  Bytes parameters;
  Bytes reducedColumns; // of x.Aᵀ, summed over modules and layers
};

LoraSize loraSize(const io::ModelConfig &model, const api::LoraConfig &lora) {
  LoraSize size;
  const ModelFamily *family = findFamilyByType(model.family);
  if (!family) return size;
  io::ModelConfig one = model; // all layers are alike
  one.layers = 1;
  const std::string prefix = family->layers + "0.";
  for (const LinearModule &module : linearModules(one, *family)) {
    const Bytes layers = layersTargeted(model, lora, module.name.substr(prefix.size()));
    size.parameters += layers * lora.rank * (Bytes(module.inputs) + module.outputs());
    size.reducedColumns += layers * lora.rank;
  }
  return size;
}

/// What quantisation makes of the blocks' matrices.
struct QuantisedSize {
  Bytes weights; // that are no longer there as numbers
  Bytes codes;
  Bytes state;
  Bytes decoded; // elements decoded at once
};

QuantisedSize quantisedSize(const io::ModelConfig &model, const api::RunConfig &config) {
  QuantisedSize size;
  const ModelFamily *family = findFamilyByType(model.family);
  if (config.method != api::Method::Lora || config.quantization == api::Quantization::None || !family) return size;
  io::ModelConfig one = model; // all layers are alike
  one.layers = 1;
  const Bytes layers = model.layers;
  Bytes matrices[4];
  for (const LinearModule &module : linearModules(one, *family)) {
    const int64_t count = (Bytes(module.inputs) * module.outputs()).value();
    const int64_t blocks = count / kNf4Block + (count % kNf4Block != 0);
    const bool nf4 = config.quantization == api::Quantization::Nf4;
    size.weights += layers * count;
    size.codes += layers * (nf4 ? count / 2 + count % 2 : count);
    size.state +=
        layers * (nf4 ? Bytes(blocks) + Bytes(4) * (blocks / kNf4Nested + (blocks % kNf4Nested != 0)) : Bytes(4) * module.outputs());
    matrices[static_cast<size_t>(module.matrix)] += count;
  }
  const Bytes &gateUp = matrices[2], &down = matrices[3], half = gateUp + down, whole = matrices[0] + matrices[1] + half;
  for (const Bytes &matrix : matrices) size.decoded = std::max(size.decoded.value(), matrix.value());
  if (config.checkpointing == api::Checkpointing::Selective) size.decoded = half;
  if (config.checkpointing == api::Checkpointing::Full) size.decoded = whole;
  return size;
}

int64_t layerParameters(const io::ModelConfig &m) {
  return m.hidden * (2 * m.qRows() + 2 * m.kvRows()) + 3 * m.hidden * m.intermediate + (m.sandwichNorms ? 4 : 2) * m.hidden;
}

bool computesBf16(const api::RunConfig &config, const PlanContext &context) {
  return config.precision == api::Precision::Bf16 || config.precision == api::Precision::Fp16 ||
         (config.precision == api::Precision::Auto && context.bf16);
}

/// Elements of the compute type that a value of the residual takes: fp16 keeps it in fp32.
int64_t residualElements(const api::RunConfig &config, const PlanContext &context) {
  const bool fp16 = config.precision == api::Precision::Fp16 || (config.precision == api::Precision::Auto && context.fp16);
  return fp16 ? 2 : 1;
}

/// Saved for backward by one layer, a token, in elements of the compute type.
struct LayerSaved {
  int64_t attentionHalf; // two sums, two norms, q|k|v, the mixed heads
  int64_t feedForward;   // gate|up and their product
};
LayerSaved layerSaved(const io::ModelConfig &m, int64_t residual) {
  const int64_t extra = m.sandwichNorms ? m.hidden : 0; // a product kept beside its norm
  return {(2 + 2 * residual) * m.hidden + extra + (m.qkNorm ? 2 : 1) * (m.qRows() + 2 * m.kvRows()) + m.qRows(),
          3 * m.intermediate + extra};
}

} // namespace

int64_t trainedParameters(const io::ModelConfig &model, const api::RunConfig &config) {
  if (config.method == api::Method::Lora) return loraSize(model, config.lora).parameters.value();
  if (config.method == api::Method::Freeze)
    return std::min(std::max<int64_t>(config.freezeLayers, 0), model.layers) * layerParameters(model);
  return model.parameterCount();
}

MemoryForecast forecastMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  const bool bf16 = computesBf16(config, context);
  if (config.offload.layers) {
    api::RunConfig resident = config;
    resident.offload.layers = false;
    resident.checkpointing = api::Checkpointing::Full; // streaming computes each layer again
    io::ModelConfig shape = model;
    if (bf16) shape.headNorm = false; // the normalised head, kept with the weights, and its gradient are no fp32 copies
    return withLayersOnHost(model, config, context, bf16 ? 2 : 4, forecastMemory(shape, resident, context));
  }
  const Bytes e = bf16 ? 2 : 4;
  const Bytes tokens = context.microBatchTokens > 0 ? Bytes(context.microBatchTokens) : Bytes(config.batchSize) * config.maxLength;
  const Bytes parameters = model.parameterCount();
  const Bytes trained = trainedParameters(model, config);
  const bool lora = config.method == api::Method::Lora, full = config.method == api::Method::Full;
  const int64_t layers = config.method == api::Method::Freeze ? std::min(config.freezeLayers, model.layers) : model.layers;

  const int64_t residual = residualElements(config, context);
  const LayerSaved saved = layerSaved(model, residual);
  const Bytes layerWhole = saved.attentionHalf + saved.feedForward;
  Bytes kept; // elements a token over all layers
  const bool host = context.computeOnHost;
  // On an accelerator the gated product is made once more in backward where nothing else is (gatedLinear).
  const Bytes keptByEach = host ? layerWhole : Bytes(saved.attentionHalf) + (saved.feedForward - model.intermediate);
  const bool movesInputs = !host && config.offload.checkpoints; // two of them are on the device at a time
  switch (config.checkpointing) {
  case api::Checkpointing::Auto:
  case api::Checkpointing::None: kept = Bytes(layers) * keptByEach; break;
  case api::Checkpointing::Selective: kept = Bytes(layers) * saved.attentionHalf + saved.feedForward; break;
  case api::Checkpointing::Full:
    kept = Bytes(movesInputs ? std::min<int64_t>(layers, 2) : layers) * residual * model.hidden + layerWhole;
    break;
  }
  // Backward of one layer holds the gradients of its feed-forward and of the residual beside everything kept; where the layer was
  // recomputed a moment ago, those of its feed-forward alone.
  const bool recomputed = config.checkpointing == api::Checkpointing::Full;
  const Bytes backward = !host && recomputed ? Bytes(2) * model.intermediate : Bytes(3) * model.intermediate + Bytes(3) * model.hidden;
  const Bytes norms = tokens * 8 * layers;
  const Bytes reduced = lora ? tokens * (host ? Bytes(4) : e) * loraSize(model, config.lora).reducedColumns : Bytes(0);
  const Bytes activations = tokens * e * (kept + backward) + norms + reduced;

  const Bytes logSums = tokens * 4 * model.heads * (recomputed ? 1 : layers);
  // Our blocks a thread; a card's library adds up the queries' gradient in fp32.
  const Bytes slices = host ? Bytes(context.threads) * 4 * 512 * std::min<int64_t>(config.maxLength, 1 << 20) : tokens * 4 * model.qRows();

  Bytes logits = Bytes(std::min(lossChunkRows(model.vocab, !host), tokens.value())) * model.vocab * (host ? Bytes(8) : e);
  if (!host) { // the loss is over before backward begins: what it takes beyond that
    const Bytes later = tokens * e * ((recomputed ? layerWhole : Bytes(0)) + backward);
    logits = Bytes(std::max<int64_t>(0, logits.value() - later.value()));
  }
  if (full) logits += Bytes(model.vocab) * model.hidden * 4 * (model.headNorm ? 4 : 2); // the head's gradient and its scaled copy

  const QuantisedSize quantised = quantisedSize(model, config);
  Bytes weights = Bytes(parameters.value() - std::min(parameters.value(), quantised.weights.value())) * e + quantised.codes;
  if (bf16 && !lora) weights += trained * 4;
  const bool movesEmbedding = !host && config.offload.embeddings && lora && !model.tiedEmbeddings;
  const Bytes embedding = Bytes(model.vocab) * model.hidden * e;
  if (movesEmbedding) weights = Bytes(weights.value() - std::min(weights.value(), embedding.value()));

  MemoryForecast forecast;
  const auto add = [&](const char *name, Bytes bytes, bool onHost) {
    if (bytes.value() == 0) return;
    forecast.items.push_back({name, bytes.value(), onHost});
    int64_t &sum = onHost ? forecast.hostPeakBytes : forecast.peakBytes;
    sum = (Bytes(sum) + bytes).value();
  };
  add("weights", weights, host);
  add("quant_state", quantised.state, host);
  add("dequant", quantised.decoded * e, host);
  if (lora) add("adapters", trained * (host ? Bytes(4) : Bytes(4) + e), host); // a card keeps them in the type of its products, too
  add("gradients", trained * 4, host);
  add("optimizer", optimizerBytes(model, config), host);
  add("activations", activations, host);
  add("attention", logSums + slices, host);
  add("logits", logits, host);
  add("slack", Bytes((activations + logits).value() / 25), host);
  add("context", Bytes(host ? 160 * kMiB : 640 * kMiB), host);
  if (!host) {
    add("streaming", Bytes(model.vocab) * model.hidden * 4, true); // one tensor at a time on its way to the device
    if (movesEmbedding) add("weights", embedding, true);
    if (movesInputs && recomputed) add("activations", tokens * e * layers * residual * model.hidden, true);
    add("context", Bytes(600 * kMiB), true);
  }
  return forecast;
}

api::Checkpointing resolveCheckpointing(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context,
                                        int64_t budget) {
  if (config.offload.layers) return api::Checkpointing::Full;
  if (config.checkpointing != api::Checkpointing::Auto) return config.checkpointing;
  api::RunConfig trial = config;
  for (const auto kind : {api::Checkpointing::None, api::Checkpointing::Selective}) {
    trial.checkpointing = kind;
    if (forecastMemory(model, trial, context).needed(context.computeOnHost) <= budget) return kind;
  }
  return api::Checkpointing::Full;
}

std::string bytesText(int64_t bytes) {
  const char *units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) value /= 1024, ++unit;
  char text[64];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

int64_t parseBytes(const std::string &text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  if (digits == 0 || text.size() > 40) return -1;
  const double number = std::strtod(text.substr(0, digits).c_str(), nullptr);
  std::string unit;
  for (const char c : text.substr(digits)) {
    if (c != ' ') unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  static const struct {
    const char *name;
    double factor;
  } kUnits[] = {{"", 1},
                {"b", 1},
                {"k", 1024.0},
                {"kib", 1024.0},
                {"kb", 1e3},
                {"m", 1048576.0},
                {"mib", 1048576.0},
                {"mb", 1e6},
                {"g", 1073741824.0},
                {"gib", 1073741824.0},
                {"gb", 1e9},
                {"t", 1099511627776.0},
                {"tib", 1099511627776.0},
                {"tb", 1e12}};
  for (const auto &known : kUnits) {
    if (unit != known.name) continue;
    const double bytes = number * known.factor;
    return bytes >= 0 && bytes < 9.2e18 ? static_cast<int64_t>(bytes) : -1;
  }
  return -1;
}

} // namespace attune::core
