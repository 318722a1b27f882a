#include "core/nn/transformer.h"

#include "core/nn/checkpointing.h"
#include "core/nn/device_kernels.h"
#include "core/nn/embedding.h"
#include "core/nn/feed_forward.h"
#include "core/nn/head_product.h"
#include "core/nn/layer_stream.h"
#include "core/nn/rms_norm.h"
#include "core/nn/rotary_kernel.h"
#include "core/nn/tiling.h"
#include "core/nn/token_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tanh.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>

namespace attune::core {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// q, k and v as views of the packed product; backward joins the three gradients in one pass instead of padding each.
struct SplitFunction : torch::autograd::Function<SplitFunction> {
  static variable_list forward(AutogradContext *, const Tensor &packed, int64_t first, int64_t other) {
    return {packed.narrow(1, 0, first), packed.narrow(1, first, other), packed.narrow(1, first + other, other)};
  }
  static variable_list backward(AutogradContext *, variable_list gradients) { return {at::cat(gradients, 1), Tensor(), Tensor()}; }
};

Tensor indexTensor(const std::vector<int64_t> &values, const at::Device &device) {
  return at::from_blob(const_cast<int64_t *>(values.data()), {static_cast<int64_t>(values.size())}, at::TensorOptions().dtype(at::kLong))
      .clone()
      .to(device);
}

/// A seed per layer and product, so that no two dropout masks of a pass are the same.
uint64_t mixSeed(uint64_t seed, uint64_t part) {
  uint64_t x = seed + 0x9E3779B97F4A7C15ull * (part + 1);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

const std::vector<LoraSlice> kNoSlices;

/// In fp16 the residual is kept in fp32: what the layers add up outgrows 65504 in models that were trained in bf16.
bool widens(const DecoderWeights &weights) { return weights.finalNorm.scalar_type() == at::kHalf; }

/// The residual [N, H] that the first layer gets, where the layers compute; the embedding may lie on the host.
Tensor embedded(const DecoderWeights &weights, const std::vector<int64_t> &ids, double scale, int64_t padding = -1) {
  const TokenTable &table = weights.embedding;
  const at::Device home = table.quantised() ? table.quantised()->codes().device() : table.dense().device();
  const Tensor rows = embedTokens(table, indexTensor(ids, home), scale, weights.finalNorm.scalar_type(), padding).to(deviceOf(weights));
  return widens(weights) ? rows.to(at::kFloat) : rows;
}

/// The head where the layers compute; a quantised one is there always.
TokenTable headOf(const DecoderWeights &weights) {
  return weights.head.quantised() ? weights.head : TokenTable(whereComputed(weights, weights.head.dense()));
}

} // namespace

/// How the layers of one kind attend.
struct Transformer::LayerRules {
  AttentionSpec spec;
  RotaryTurn turn; // no tables = no rotation
};

// Shared by the segments that are recomputed in backward, when lossSum has long returned: so it owns its handles.
struct Transformer::Pass {
  DecoderWeights weights;
  DecoderAdapters adapters; // empty = none
  PassOptions options;
  std::vector<LayerRules> rules;
  std::vector<size_t> ruleOf;  // of each layer
  KvCache *cache = nullptr;    // generation only
  bool trimsLastLayer = false; // above the last layer's keys and values only the last token matters

  const LayerWeights &layer(size_t index) const { return weights.layers[index]; }
  /// While a layer computes: its weights are on the device, also where they live on the host.
  struct Visit {
    Visit(Pass &visited, size_t index, bool downwards = false) : pass(visited), layer(index) {
      if (!pass.weights.stream) return;
      host = pass.weights.layers[layer];
      pass.weights.layers[layer] = pass.weights.stream->layer(pass.weights, layer, downwards);
    }
    ~Visit() {
      if (pass.weights.stream) pass.weights.layers[layer] = host;
    }
    Visit(const Visit &) = delete;
    Visit &operator=(const Visit &) = delete;
    Pass &pass;
    size_t layer;
    LayerWeights host;
  };
  const LayerRules &rulesOf(size_t index) const { return rules[ruleOf[index]]; }
  const std::vector<LoraSlice> &slices(size_t index, std::vector<LoraSlice> LayerAdapters::*member) const {
    return adapters.empty() ? kNoSlices : adapters[index].*member;
  }
  LoraDropout dropout(size_t index, uint64_t product, int64_t firstRow = 0) const {
    return {options.loraDropout, mixSeed(options.seed, index * 4 + product), options.firstRow + firstRow};
  }
  /// The trainable tensors that the given halves of a layer use.
  std::vector<Tensor> trainable(size_t index, bool withAttention) const {
    const LayerWeights &w = layer(index);
    std::vector<Tensor> found = {w.gateUp.dense(), w.gateUpBias, w.down.dense(), w.downBias, w.feedForwardOutNorm};
    if (withAttention)
      found.insert(found.end(), {w.inputNorm, w.qkv.dense(), w.qkvBias, w.output.dense(), w.outputBias, w.qNorm, w.kNorm,
                                 w.attentionOutNorm, w.postNorm});
    auto add = [&](std::vector<LoraSlice> LayerAdapters::*member) {
      for (const LoraSlice &slice : slices(index, member)) {
        found.push_back(slice.a);
        found.push_back(slice.b);
      }
    };
    add(&LayerAdapters::gateUp);
    add(&LayerAdapters::down);
    if (withAttention) {
      add(&LayerAdapters::qkv);
      add(&LayerAdapters::output);
    }
    found.erase(std::remove_if(found.begin(), found.end(), [](const Tensor &t) { return !t.defined(); }), found.end());
    return found;
  }
};

Transformer::Transformer(io::ModelConfig config)
    : m_config(std::move(config)), m_book(m_config.rope, m_config.headDim), m_localBook(m_config.localRope, m_config.headDim) {
  if (m_config.position == io::PositionKind::Alibi) m_slopes = io::alibiSlopes(m_config.heads);
}

std::shared_ptr<Transformer::Pass> Transformer::makePass(const DecoderWeights &weights, const DecoderAdapters *adapters,
                                                         const PassOptions &options) const {
  auto pass = std::make_shared<Pass>();
  pass->weights = weights;
  if (adapters) pass->adapters = *adapters;
  pass->options = options;
  return pass;
}

void Transformer::setRules(Pass &pass, const AttentionSpec &spec, int64_t longest, const std::function<RotaryTurn(RotaryBook &)> &turn) {
  std::vector<io::LayerKind> kinds;
  for (int64_t layer = 0; layer < m_config.layers; ++layer) {
    io::LayerKind kind = m_config.layerKind(layer);
    if (kind.window >= longest) kind.window = 0; // never in effect here
    const auto same = [&](const io::LayerKind &k) { return k.rotates == kind.rotates && k.local == kind.local && k.window == kind.window; };
    const auto known = std::find_if(kinds.begin(), kinds.end(), same);
    pass.ruleOf.push_back(static_cast<size_t>(known - kinds.begin()));
    if (known != kinds.end()) continue;
    kinds.push_back(kind);
    LayerRules rules{spec, {}};
    rules.spec.scale = m_config.attentionScale;
    rules.spec.softcap = m_config.attentionSoftcap;
    rules.spec.alibiSlopes = m_slopes;
    rules.spec.window = kind.window;
    if (kind.rotates && m_config.position == io::PositionKind::Rope) rules.turn = turn(kind.local ? m_localBook : m_book);
    pass.rules.push_back(std::move(rules));
  }
}

/// q|k|v of the rows given -> the heads' mixture [N, a D].
Tensor Transformer::attend(const Pass &pass, size_t layer, const Tensor &packed) const {
  const io::ModelConfig &c = m_config;
  const LayerWeights &w = pass.layer(layer);
  const LayerRules &rules = pass.rulesOf(layer);
  if (!w.qNorm.defined())
    return packedAttention(packed, c.heads, c.kvHeads, rules.turn.positions, rules.turn.tables, c.rope.interleaved, rules.spec);
  // The norm stands between projection and rotation, so the packed rows cannot be rotated in place.
  const int64_t rows = packed.size(0);
  const variable_list parts = SplitFunction::apply(packed, c.qRows(), c.kvRows());
  auto heads = [&](const Tensor &part, int64_t count, const Tensor &norm) {
    const Tensor split = rmsNorm(part.reshape({-1, c.headDim}), norm, c.normEps, c.normPlusOne).view({rows, count, c.headDim});
    return rules.turn.tables.cos.defined() ? applyRotary(split, rules.turn.positions, rules.turn.tables, c.rope.interleaved) : split;
  };
  const Tensor q = heads(parts[0], c.heads, w.qNorm), k = heads(parts[1], c.kvHeads, w.kNorm);
  return attention(q, k, parts[2].view({rows, c.kvHeads, c.headDim}), rules.spec).reshape({rows, c.qRows()});
}

/// The same for rows that follow those in the cache, which gets their keys and values.
Tensor Transformer::attendCached(const Pass &pass, size_t layer, const Tensor &packed) const {
  const io::ModelConfig &c = m_config;
  const LayerWeights &w = pass.layer(layer);
  const LayerRules &rules = pass.rulesOf(layer);
  KvCache &cache = *pass.cache;
  const int64_t rows = packed.size(0), start = cache.length;
  const bool turned = !w.qNorm.defined() && rules.turn.tables.cos.defined(); // q and k in one go where they lie
  if (turned)
    rotateInPlace(packed.view({rows, c.heads + 2 * c.kvHeads, c.headDim}).narrow(1, 0, c.heads + c.kvHeads), rules.turn.positions,
                  rules.turn.tables, c.rope.interleaved, false);
  auto heads = [&](int64_t first, int64_t count, const Tensor &norm) {
    Tensor part = packed.narrow(1, first, count * c.headDim).view({rows, count, c.headDim});
    if (turned) return part;
    if (norm.defined()) part = rmsNorm(part.reshape({-1, c.headDim}), norm, c.normEps, c.normPlusOne).view({rows, count, c.headDim});
    return rules.turn.tables.cos.defined() ? applyRotary(part, rules.turn.positions, rules.turn.tables, c.rope.interleaved) : part;
  };
  const Tensor q = heads(0, c.heads, w.qNorm), k = heads(c.qRows(), c.kvHeads, w.kNorm);
  const Tensor v = packed.narrow(1, c.qRows() + c.kvRows(), c.kvRows()).view({rows, c.kvHeads, c.headDim});
  if (!turned || !device::storeKeysValues(packed, cache.keys[layer], cache.values[layer], c.heads, start)) {
    cache.keys[layer].narrow(1, start, rows).copy_(k.transpose(0, 1));
    cache.values[layer].narrow(1, start, rows).copy_(v.transpose(0, 1));
  }
  const int64_t skipped = pass.trimsLastLayer && layer + 1 == pass.weights.layers.size() ? rows - 1 : 0;
  const Tensor mixed =
      attentionWithCache(q.narrow(0, skipped, rows - skipped), cache.keys[layer], cache.values[layer], start + skipped, rules.spec);
  return mixed.view({mixed.size(0), c.qRows()});
}

/// Returns {residual after attention, its norm}. delta (may be undefined) is what the layer below still has to add.
std::pair<Tensor, Tensor> Transformer::attentionHalf(const Pass &pass, size_t layer, const Tensor &residual, const Tensor &delta) const {
  const io::ModelConfig &c = m_config;
  const LayerWeights &w = pass.layer(layer);
  auto [sum, normed] = addRmsNorm(residual, delta, w.inputNorm, c.normEps, c.normPlusOne);
  const Tensor packed = linear(normed, w.qkv, w.qkvBias, pass.slices(layer, &LayerAdapters::qkv), pass.dropout(layer, 0));
  const Tensor mixed = pass.cache ? attendCached(pass, layer, packed) : attend(pass, layer, packed);
  if (mixed.size(0) < sum.size(0)) sum = sum.narrow(0, sum.size(0) - mixed.size(0), mixed.size(0));
  Tensor projected = linear(mixed, w.output, w.outputBias, pass.slices(layer, &LayerAdapters::output), pass.dropout(layer, 1));
  if (w.attentionOutNorm.defined()) projected = rmsNorm(projected, w.attentionOutNorm, c.normEps, c.normPlusOne);
  return addRmsNorm(sum, projected, w.postNorm, c.normEps, c.normPlusOne);
}

/// normed [N, H], from row `firstRow` of the pass on -> what the feed-forward block adds to the residual [N, H].
Tensor Transformer::feedForwardHalf(const Pass &pass, size_t layer, const Tensor &normed, Use use, int64_t firstRow) const {
  const LayerWeights &w = pass.layer(layer);
  if (w.feedForwardOutNorm.defined()) use = Use::Value; // its backward reads them
  const Tensor gateUp =
      linear(normed, w.gateUp, w.gateUpBias, pass.slices(layer, &LayerAdapters::gateUp), pass.dropout(layer, 2, firstRow));
  // On an accelerator memory is dearer than one more pass; within a recomputed segment nothing is kept for long anyway.
  const bool gatesAgain = gateUp.is_cuda() && pass.options.recompute == RecomputePolicy::None;
  const Tensor added = gatesAgain ? gatedLinear(gateUp, m_config.activation, w.down, w.downBias, pass.slices(layer, &LayerAdapters::down),
                                                pass.dropout(layer, 3, firstRow))
                                  : linear(gatedActivation(gateUp, m_config.activation), w.down, w.downBias,
                                           pass.slices(layer, &LayerAdapters::down), pass.dropout(layer, 3, firstRow), use);
  return w.feedForwardOutNorm.defined() ? rmsNorm(added, w.feedForwardOutNorm, m_config.normEps, m_config.normPlusOne) : added;
}

/// The same a tile of rows at a time, each computed once more in backward; `again`: nobody reads the values.
Tensor Transformer::feedForwardTiles(const std::shared_ptr<Pass> &pass, size_t layer, const Tensor &normed, bool again) const {
  return tiled(
      [this, pass, layer](const Tensor &rows, int64_t first, bool unreadRows) {
        return feedForwardHalf(*pass, layer, rows, unreadRows ? Use::Gradient : Use::Value, first);
      },
      normed, pass->trainable(layer, false), pass->options.feedForwardRows, again);
}

std::pair<Tensor, Tensor> Transformer::blocks(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                                              const PassOptions &options) {
  const at::Device device = deviceOf(weights);
  const auto shared = makePass(weights, adapters, options);
  Pass &pass = *shared;
  AttentionSpec spec;
  spec.segmentStarts = batch.segmentStarts;
  spec.kind = options.attention;
  if (device.is_cuda()) spec.starts = indexTensor(batch.segmentStarts, device).to(at::kInt);
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < batch.segmentStarts.size(); ++s)
    longest = std::max(longest, batch.segmentStarts[s + 1] - batch.segmentStarts[s]);
  const Tensor positions = indexTensor(batch.positions, device);
  setRules(pass, spec, longest,
           [&](RotaryBook &book) { return book.segments(batch.segmentStarts, batch.positions, positions, batch.rotaryLength); });

  // transformers gives the padding token's row no gradient, also where the token is used for real.
  const int64_t padding = m_config.padToken < m_config.vocab ? m_config.padToken : -1;
  Tensor residual = embedded(weights, batch.ids, m_config.embedScale, padding);
  residual = addNeftuneNoise(residual, batch.segmentStarts, options.neftuneAlpha, options.seed, options.firstRow);
  Tensor delta;
  std::shared_ptr<ActivationOffload> offload;
  if (options.offloadCheckpoints && device.is_cuda()) offload = std::make_shared<ActivationOffload>(device);
  const bool records = at::GradMode::is_enabled(), recompute = options.recompute == RecomputePolicy::Layer && records;
  // A streamed layer is there while its segment runs, and not when a tile's backward would compute it once more.
  const bool tiles = residual.size(0) > options.feedForwardRows && !weights.stream;
  for (size_t layer = 0; layer < weights.layers.size(); ++layer) {
    if (recompute) {
      residual = checkpointed(
          [this, shared, layer, tiles](const Tensor &input, bool again) {
            const Pass::Visit visit(*shared, layer, again);
            const auto [sum, normed] = attentionHalf(*shared, layer, input, Tensor());
            const Tensor added = tiles ? feedForwardTiles(shared, layer, normed, again)
                                       : feedForwardHalf(*shared, layer, normed, again ? Use::Gradient : Use::Value);
            return again ? unreadSum(sum, added) : sum + added;
          },
          residual, pass.trainable(layer, true), offload);
      continue;
    }
    const Pass::Visit visit(pass, layer);
    Tensor normed;
    std::tie(residual, normed) = attentionHalf(pass, layer, residual, delta);
    if (records ? options.recompute == RecomputePolicy::FeedForward : tiles)
      delta = feedForwardTiles(shared, layer, normed, false);
    else
      delta = feedForwardHalf(pass, layer, normed);
  }
  return {residual, delta};
}

Tensor Transformer::lossSum(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                            const PassOptions &options) {
  auto [residual, delta] = blocks(weights, adapters, batch, options);
  // Only rows with a target go on: their norm and logits are all that the loss needs.
  const Tensor rows = indexTensor(batch.targetRows, residual.device());
  const Tensor chosen = at::index_select(delta.defined() ? residual + delta : residual, 0, rows);
  TokenLossOptions lossOptions;
  lossOptions.softcap = m_config.finalSoftcap;
  const Tensor normed = rmsNorm(chosen, whereComputed(weights, weights.finalNorm), m_config.normEps, m_config.normPlusOne);
  return linearCrossEntropySum(normed, headOf(weights), indexTensor(batch.targets, residual.device()), lossOptions);
}

Tensor Transformer::hidden(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                           const std::vector<int64_t> *rows) {
  at::NoGradGuard noGrad;
  auto [residual, delta] = blocks(weights, adapters, batch, {});
  if (delta.defined()) residual = residual + delta;
  if (rows) residual = at::index_select(residual, 0, indexTensor(*rows, residual.device()));
  return rmsNorm(residual, whereComputed(weights, weights.finalNorm), m_config.normEps, m_config.normPlusOne);
}

Tensor Transformer::logits(const DecoderWeights &weights, const Tensor &hiddenRows) const {
  at::NoGradGuard noGrad;
  const at::AutoDispatchBelowADInplaceOrView direct;
  Tensor scores = headLogits(hiddenRows, headOf(weights)).to(at::kFloat);
  if (m_config.finalSoftcap > 0.0) scores = at::tanh(scores / m_config.finalSoftcap) * m_config.finalSoftcap;
  return scores;
}

bool Transformer::outgrows(int64_t cached, int64_t length) const {
  const io::RopeConfig &rope = m_config.rope;
  return rope.scaling == "longrope" && cached > 0 && rotaryVariant(rope, cached) != rotaryVariant(rope, length);
}

Tensor Transformer::advance(const DecoderWeights &weights, const DecoderAdapters *adapters, const std::vector<int64_t> &ids, KvCache &cache,
                            int64_t length) {
  at::NoGradGuard noGrad;
  const at::AutoDispatchBelowADInplaceOrView direct; // no bookkeeping for gradients at each call: a token has hundreds of them
  const at::Device device = deviceOf(weights);
  const int64_t rows = static_cast<int64_t>(ids.size()), start = cache.length;
  const auto pass = makePass(weights, adapters, {});
  pass->cache = &cache;
  pass->trimsLastLayer = true;
  const int64_t whole = std::max(length, start + rows);
  setRules(*pass, {}, start + rows, [&](RotaryBook &book) { return book.range(start, rows, whole, cache.capacity, device); });

  Tensor residual = embedded(weights, ids, m_config.embedScale), delta, normed;
  for (size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const Pass::Visit visit(*pass, layer);
    std::tie(residual, normed) = attentionHalf(*pass, layer, residual, delta);
    delta = feedForwardHalf(*pass, layer, normed);
  }
  cache.length = start + rows;
  return addRmsNorm(residual, delta, whereComputed(weights, weights.finalNorm), m_config.normEps, m_config.normPlusOne).second;
}

} // namespace attune::core
