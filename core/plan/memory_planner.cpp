#include "core/plan/memory_planner.h"

#include "core/base/nf4_code.h"
#include "core/device/context_memory.h"
#include "core/model/families/model_family.h"
#include "core/plan/step_memory.h"
#include "core/plan/streaming_forecast.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace attune::core {

namespace {

constexpr int64_t kMiB = int64_t(1) << 20;
constexpr int64_t kHostBesideCard = 1150 * kMiB;  // of the program with a card's libraries, measured with CUDA
constexpr int64_t kCardAccumulation = 192 * kMiB; // more where weights train by several micro-batches, measured with two shapes
constexpr int64_t kCardWorkspace = 90 * kMiB;     // that the libraries of products take from libtorch once and keep

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
  Bytes together;       // elements of what a card keeps for its products: A's, and B's of a packed matrix with zeros between
};

LoraSize loraSize(const io::ModelConfig &model, const api::LoraConfig &lora) {
  LoraSize size;
  const ModelFamily *family = findFamilyByType(model.family);
  if (!family) return size;
  io::ModelConfig one = model; // all layers are alike
  one.layers = 1;
  const std::string prefix = family->layers + "0.";
  Bytes ranks[4]; // of a packed matrix
  int64_t rows[4] = {};
  for (const LinearModule &module : linearModules(one, *family)) {
    const Bytes layers = layersTargeted(model, lora, module.name.substr(prefix.size()));
    size.parameters += layers * lora.rank * (Bytes(module.inputs) + module.outputs());
    size.reducedColumns += layers * lora.rank;
    size.together += layers * lora.rank * module.inputs;
    if (layers.value() == 0) continue;
    ranks[static_cast<size_t>(module.matrix)] += layers * lora.rank;
    rows[static_cast<size_t>(module.matrix)] = module.rowEnd;
  }
  for (size_t i = 0; i < 4; ++i) size.together += ranks[i] * rows[i];
  return size;
}

/// What a tensor takes of a card: libtorch's allocator leaves up to 1 MiB of a large block unused, of smaller ones half of that.
Bytes blockBytes(Bytes bytes) {
  constexpr int64_t kRound = 2 * kMiB, kLarge = 10 * kMiB;
  if (bytes.value() < kMiB || bytes.value() > INT64_MAX - kRound) return bytes;
  if (bytes.value() < kLarge) return bytes + kMiB / 2;
  const int64_t rounded = (bytes.value() + kRound - 1) / kRound * kRound;
  return rounded - bytes.value() <= kMiB ? Bytes(rounded) : bytes;
}

/// What quantisation makes of the matrices.
struct QuantisedSize {
  Bytes weights; // that are no longer there as numbers
  Bytes codes;
  Bytes state;
  Bytes decoded; // elements decoded at once
  Bytes passing; // what the host holds of it on its way to a card: all modules are made there, with fp32 scales
};

/// Whether the embedding waits in host memory, away from the card.
bool movesEmbedding(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  return !context.computeOnHost && config.offload.embeddings && config.method == api::Method::Lora && !model.tiedEmbeddings;
}

/// Embedding and head in int8, of which `moved` (0 or 1) stay on the host.
void addTables(const io::ModelConfig &model, int64_t moved, bool onCard, QuantisedSize &size) {
  const Bytes table = Bytes(model.vocab) * model.hidden;
  const int64_t tables = model.tiedEmbeddings ? 1 : 2;
  const Bytes codes = (onCard ? blockBytes(table) : table) * (tables - moved), state = Bytes(4) * model.vocab * tables;
  size.weights += table * tables;
  size.codes += codes;
  size.state += state;
  size.passing += codes + state;
}

QuantisedSize quantisedSize(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
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
    const auto taken = [&](Bytes bytes) { return context.computeOnHost ? bytes : blockBytes(bytes); };
    size.codes += layers * taken(nf4 ? count / 2 + count % 2 : count);
    size.state +=
        layers * (nf4 ? taken(blocks) + Bytes(4) * (blocks / kNf4Nested + (blocks % kNf4Nested != 0)) : Bytes(4) * module.outputs());
    size.passing += layers * (nf4 ? Bytes(4) * blocks : Bytes(0));
    matrices[static_cast<size_t>(module.matrix)] += count;
  }
  size.passing += size.codes + size.state;
  if (config.quantizeEmbeddings) addTables(model, movesEmbedding(model, config, context), !context.computeOnHost, size);
  const Bytes &gateUp = matrices[2], &down = matrices[3], half = gateUp + down, whole = matrices[0] + matrices[1] + half;
  for (const Bytes &matrix : matrices) size.decoded = std::max(size.decoded.value(), matrix.value());
  if (config.checkpointing == api::Checkpointing::Selective) size.decoded = half;
  if (config.checkpointing == api::Checkpointing::Full) size.decoded = whole;
  return size;
}

int64_t layerParameters(const io::ModelConfig &m) {
  return m.hidden * (2 * m.qRows() + 2 * m.kvRows()) + 3 * m.hidden * m.intermediate + (m.sandwichNorms ? 4 : 2) * m.hidden;
}

/// What trains, and what of it keeps activations.
TrainedParts trainedParts(const io::ModelConfig &model, const api::RunConfig &config, Bytes trained, Bytes decoded) {
  TrainedParts parts;
  parts.parameters = trained;
  parts.layers = model.layers;
  parts.decoded = decoded;
  if (config.method == api::Method::Lora) {
    parts.reducedColumns = loraSize(model, config.lora).reducedColumns;
    return parts;
  }
  parts.layer = layerParameters(model);
  parts.largestMatrix = Bytes(model.hidden) * std::max(model.qRows() + 2 * model.kvRows(), 2 * model.intermediate);
  if (config.method == api::Method::Freeze) parts.layers = std::min(std::max<int64_t>(config.freezeLayers, 0), model.layers);
  return parts;
}

/// A tokenizer and the rows, in the host's memory.
Bytes textBytes(const io::ModelConfig &model, const PlanContext &context) {
  return Bytes(context.readsText ? 400 : 0) * model.vocab + context.dataBytes;
}

/// Of what no formula knows: libtorch, its libraries, the driver. Without a figure of this device, what was measured on others
/// (x86 with MKL, an H200).
Bytes contextBytes(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  if (!context.computeOnHost) return Bytes(contextOfCard(context.contextBytes)) + copiesContextBytes(config);
  Bytes usual = 148 * kMiB;
  if (!computesNarrow(config, context)) { // in fp32 each thread packs its part of a product, once the largest is large enough
    constexpr int64_t kPacked = 26 * kMiB, kLarge = 1536 * 1024;
    const int64_t product = std::min(kLarge, (microBatchTokens(config, context) * 2 * model.intermediate).value());
    usual = Bytes(142 * kMiB) +
            Bytes(std::min<int64_t>(context.threads, 8)) * (std::max<int64_t>(0, 2 * product - kLarge) * (kPacked / kLarge));
  }
  // What small runs measured says nothing of large products, and a test's process is none to go by.
  return textBytes(model, context) + std::clamp(context.contextBytes, usual.value(), (usual * 2).value());
}

} // namespace

void MemoryForecast::add(const char *name, int64_t bytes, bool onHost) {
  if (bytes == 0) return;
  items.push_back({name, bytes, onHost});
  int64_t &sum = onHost ? hostPeakBytes : peakBytes;
  sum = (Bytes(sum) + bytes).value();
}

bool computesNarrow(const api::RunConfig &config, const PlanContext &context) {
  return config.precision == api::Precision::Bf16 || config.precision == api::Precision::Fp16 ||
         (config.precision == api::Precision::Auto && context.bf16);
}

int64_t copiesContextBytes(const api::RunConfig &config) {
  const api::OffloadConfig &offload = config.offload;
  return (offload.layers ? 112 : offload.checkpoints || offload.embeddings ? 74 : 0) * kMiB; // measured with CUDA 13
}

bool computesFp16(const api::RunConfig &config, const PlanContext &context) {
  return config.precision == api::Precision::Fp16 || (config.precision == api::Precision::Auto && context.fp16);
}

Bytes microBatchTokens(const api::RunConfig &config, const PlanContext &context) {
  const Bytes most = Bytes(config.batchSize) * config.maxLength;
  return context.microBatchTokens > 0 ? Bytes(std::min(context.microBatchTokens, most.value())) : most;
}

int64_t trainedParameters(const io::ModelConfig &model, const api::RunConfig &config) {
  if (config.method == api::Method::Lora) return loraSize(model, config.lora).parameters.value();
  if (config.method == api::Method::Freeze)
    return std::min(std::max<int64_t>(config.freezeLayers, 0), model.layers) * layerParameters(model);
  return model.parameterCount();
}

namespace {

/// Everything on the device that computes. `streamed`: the layers come from the host, and each gradient of what trains there is gone
/// before the next comes, so none is counted.
MemoryForecast residentForecast(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, bool streamed) {
  const bool gradientsLeave = streamed && config.method != api::Method::Lora;
  const bool bf16 = computesNarrow(config, context);
  const Bytes e = bf16 ? 2 : 4;
  const Bytes parameters = model.parameterCount();
  const Bytes trained = trainedParameters(model, config);
  const bool lora = config.method == api::Method::Lora, host = context.computeOnHost;

  const QuantisedSize quantised = quantisedSize(model, config, context);
  Bytes weights = Bytes(parameters.value() - std::min(parameters.value(), quantised.weights.value())) * e + quantised.codes;
  if (bf16 && !lora) weights += trained * 4;
  if (!bf16 && config.method == api::Method::Full && model.headNorm) weights += Bytes(4) * model.vocab * model.hidden; // as it is used
  const bool moves = movesEmbedding(model, config, context), inCodes = config.quantizeEmbeddings && quantised.codes.value() > 0;
  const Bytes embedding = Bytes(model.vocab) * model.hidden * (inCodes ? Bytes(1) : e);
  if (moves && !inCodes) weights = Bytes(weights.value() - std::min(weights.value(), embedding.value()));

  TrainedParts parts = trainedParts(model, config, gradientsLeave ? Bytes(0) : trained, quantised.decoded);
  parts.inPlace = gradientsLeave;
  parts.streamed = streamed;
  const StepMemory step = stepMemory(model, config, context, parts, bf16);

  MemoryForecast forecast;
  const auto add = [&](const char *name, Bytes bytes, bool onHost) { forecast.add(name, bytes.value(), onHost); };
  add("weights", weights, host);
  add("quant_state", quantised.state, host);
  add("dequant", step.decoded, host);
  if (lora) add("adapters", trained * 4 + (host ? Bytes(0) : loraSize(model, config.lora).together * e), host);
  add("gradients", step.gradients, host);
  add("optimizer", optimizerBytes(model, config), host);
  add("activations", step.activations, host);
  add("attention", step.attention, host);
  add("logits", step.logits, host);
  add("slack",
      Bytes((step.activations + step.logits).value() / (host ? 33 : 100)) + (host ? 0 : kCardWorkspace) +
          (!host && !lora && config.accumulation > 1 ? kCardAccumulation : 0),
      host);
  add("context", contextBytes(model, config, context), host);
  if (!host) {
    add("streaming", quantised.passing, true);
    if (moves) add("weights", embedding, true);
    if (config.offload.checkpoints && config.checkpointing == api::Checkpointing::Full)
      add("activations", microBatchTokens(config, context) * (computesFp16(config, context) ? Bytes(4) : e) * model.layers * model.hidden,
          true);
    add("context", Bytes(kHostBesideCard) + textBytes(model, context), true);
  }
  return forecast;
}

} // namespace

MemoryForecast forecastMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  if (!config.offload.layers) return residentForecast(model, config, context, false);
  api::RunConfig resident = config;
  resident.offload.layers = false;
  resident.checkpointing = api::Checkpointing::Full; // streaming computes each layer again
  const bool narrow = computesNarrow(config, context);
  io::ModelConfig shape = model;
  if (narrow) shape.headNorm = false; // the normalised head, kept with the weights, and its gradient are no fp32 copies
  return withLayersOnHost(model, config, context, narrow ? 2 : 4, residentForecast(shape, resident, context, true));
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
  const auto dots = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), '.');
  if (dots > 1 || digits <= static_cast<size_t>(dots) || text.size() > 40) return -1;
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
