#include "core/plan/streaming_forecast.h"

#include <algorithm>
#include <array>

namespace attune::core {

namespace {

constexpr int64_t kPassing = int64_t(104) << 20; // what copies hold a moment longer than the computation, measured
constexpr int64_t kEightBitBlock = 256, kEightBitLeast = 4096;

struct Matrix {
  int64_t rows, columns;
  Bytes elements() const { return Bytes(rows) * columns; }
};

std::array<Matrix, 4> matricesOf(const io::ModelConfig &m) {
  return {{{m.qRows() + 2 * m.kvRows(), m.hidden}, {m.hidden, m.qRows()}, {2 * m.intermediate, m.hidden}, {m.hidden, m.intermediate}}};
}

struct LayerSize {
  Bytes matrices, norms, rowsAndColumns; // columns once for each matrix that is packed
};

LayerSize layerSize(const io::ModelConfig &m) {
  LayerSize size;
  for (const Matrix &matrix : matricesOf(m)) size.matrices += matrix.elements();
  size.norms = Bytes(m.sandwichNorms ? 4 : 2) * m.hidden + (m.qkNorm ? 2 * m.headDim : 0) + (m.qkvBias ? m.qRows() + 2 * m.kvRows() : 0) +
               (m.outputBias ? m.hidden : 0) + (m.mlpBias ? 2 * m.intermediate + m.hidden : 0);
  const int64_t inQkv = m.layout == io::AttentionLayout::Split ? 3 : 1, inGateUp = m.fusedGateUp ? 1 : 2;
  size.rowsAndColumns = Bytes(m.qRows() + 2 * m.kvRows()) + Bytes(inQkv) * m.hidden + m.hidden + m.qRows() + 2 * Bytes(m.intermediate) +
                        Bytes(inGateUp) * m.hidden + m.hidden + m.intermediate;
  return size;
}

Bytes less(Bytes a, Bytes b) { return a.value() - std::min(a.value(), b.value()); }

Bytes itemOf(const MemoryForecast &forecast, const std::string &name) {
  Bytes sum;
  for (const MemoryItem &item : forecast.items) sum += item.name == name ? item.bytes : 0;
  return sum;
}

/// What a pinned block of so many bytes takes.
Bytes pinned(Bytes bytes) {
  int64_t block = 1;
  while (block < bytes.value() && block < (int64_t(1) << 62)) block *= 2;
  return bytes.value() == 0 ? Bytes(0) : Bytes(block);
}

} // namespace

Bytes optimizerBytes(const io::ModelConfig &model, const api::RunConfig &config) {
  const Bytes trained = trainedParameters(model, config);
  const std::string &rule = config.optimizer.name;
  if (rule == "sgd") return 0;
  const bool full = config.method == api::Method::Full, lora = config.method == api::Method::Lora;
  const LayerSize layer = layerSize(model);
  const Bytes layers =
      config.method == api::Method::Freeze ? std::min(std::max<int64_t>(config.freezeLayers, 0), model.layers) : model.layers;
  const Bytes head = full && !model.tiedEmbeddings ? Bytes(model.vocab) * model.hidden : Bytes(0);
  const Bytes norms = layers * layer.norms + (full ? model.hidden : 0);
  if (rule == "adafactor") {
    if (lora) return trained; // rank + width numbers of rank times width: far below one byte a parameter
    const int64_t ends = (full ? 1 : 0) + (head.value() > 0 ? 1 : 0);
    return Bytes(4) * (layers * layer.rowsAndColumns + Bytes(ends) * (Bytes(model.vocab) + model.hidden) + norms);
  }
  if (rule == "adamw_8bit") {
    const bool wide = (Bytes(config.lora.rank) * model.hidden).value() >= kEightBitLeast;
    const Bytes eight = !lora ? layers * layer.matrices + head : wide ? trained : Bytes(0);
    return eight * 2 + Bytes(8) * (eight.value() / kEightBitBlock) + Bytes(8) * less(trained, eight);
  }
  return trained * 8;
}

MemoryForecast withLayersOnHost(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t typeBytes,
                                const MemoryForecast &plain) {
  const bool card = !context.computeOnHost, full = config.method == api::Method::Full, lora = config.method == api::Method::Lora;
  const Bytes e = typeBytes, ends = Bytes(model.vocab) * model.hidden * e;
  const LayerSize size = layerSize(model);
  const Bytes layer = e * (size.matrices + size.norms);
  const Bytes trained = lora ? Bytes(0) : Bytes(trainedParameters(model, config));
  const bool atOnce = config.clipNorm == 0 && config.accumulation == 1 && config.precision != api::Precision::Fp16;

  MemoryForecast forecast;
  const auto add = [&](const char *name, Bytes bytes, bool onHost) { forecast.add(name, bytes.value(), onHost); };
  add("weights", e * model.parameterCount() + (full && model.headNorm ? ends : Bytes(0)), true);
  if (card) add("streaming", layer * 2 + kPassing + (full ? Bytes(0) : ends), false); // the head comes, too: what it trains by knows it
  if (!lora) {
    // The moments of `plain` know of the head's gradient in fp32 and of one matrix's; a layer's come beside, on a card two layers'.
    const Bytes known = full ? Bytes(4) * model.vocab * model.hidden : Bytes(0), leaves = less(card ? layer * 2 : layer, known);
    const Bytes waiting = atOnce ? (full && card ? ends : Bytes(0)) : trained * e;
    // On the CPU the loss is over when they come, unless they are of micro-batches before.
    // A tied embedding's own gradient comes beside all that wait, and is then added to the head's.
    const Bytes tied = full && model.tiedEmbeddings ? ends : Bytes(0), loss = itemOf(plain, "logits");
    const Bytes beyond = config.accumulation == 1 ? less(waiting + tied, loss) : waiting + leaves + less(tied, loss);
    add("gradients", card ? waiting : atOnce ? leaves : beyond, true);
    if (card) add("gradients", leaves, false);
    add("optimizer", optimizerBytes(model, config), true);
  }
  if (card && !lora) {
    Bytes leaving;
    for (const Matrix &matrix : matricesOf(model)) leaving += Bytes(3) * pinned(e * matrix.elements());
    add("streaming", leaving + (full ? pinned(ends) : Bytes(0)), true);
  }
  for (const MemoryItem &item : plain.items) {
    const bool replaced = item.name == "weights" || (item.name == "streaming" && item.host) ||
                          (!lora && (item.name == "gradients" || item.name == "optimizer"));
    if (!replaced) add(item.name.c_str(), item.bytes, item.host);
  }
  return forecast;
}

} // namespace attune::core
