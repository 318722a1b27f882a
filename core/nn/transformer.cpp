#include "core/nn/transformer.h"

#include "core/nn/checkpointing.h"
#include "core/nn/embedding.h"
#include "core/nn/feed_forward.h"
#include "core/nn/rms_norm.h"
#include "core/nn/token_loss.h"

#include <ATen/TensorOperators.h>
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

} // namespace

// Shared by the segments that are recomputed in backward, when lossSum has long returned: so it owns its handles.
struct Transformer::Pass {
  DecoderWeights weights;
  DecoderAdapters adapters; // empty = none
  PassOptions options;
  RotaryTables tables;
  Tensor positions;
  AttentionSpec spec;

  const LayerWeights &layer(size_t index) const { return weights.layers[index]; }
  const std::vector<LoraSlice> &slices(size_t index, std::vector<LoraSlice> LayerAdapters::*member) const {
    return adapters.empty() ? kNoSlices : adapters[index].*member;
  }
  LoraDropout dropout(size_t index, uint64_t product) const { return {options.loraDropout, mixSeed(options.seed, index * 4 + product)}; }
  /// The trainable tensors that the given halves of a layer use.
  std::vector<Tensor> trainable(size_t index, bool withAttention) const {
    const LayerWeights &w = layer(index);
    std::vector<Tensor> found = {w.postNorm, w.gateUp, w.gateUpBias, w.down, w.downBias};
    if (withAttention) found.insert(found.end(), {w.inputNorm, w.qkv, w.qkvBias, w.output, w.outputBias, w.qNorm, w.kNorm});
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

const RotaryTables &Transformer::tables(int64_t positions, const at::Device &device) {
  if (!m_tables.cos.defined() || m_tables.cos.size(0) < positions || m_tables.cos.device() != device) {
    int64_t size = 512;
    while (size < positions) size *= 2;
    m_tables = rotaryTables(m_config.rope, m_config.headDim, size, device);
  }
  return m_tables;
}

/// Returns {residual after attention, its norm}. delta (may be undefined) is what the layer below still has to add.
std::pair<Tensor, Tensor> Transformer::attentionHalf(const Pass &pass, size_t layer, const Tensor &residual, const Tensor &delta) const {
  const io::ModelConfig &c = m_config;
  const LayerWeights &w = pass.layer(layer);
  Tensor sum = residual, normed;
  if (delta.defined())
    std::tie(sum, normed) = addRmsNorm(residual, delta, w.inputNorm, c.normEps, c.normPlusOne);
  else
    normed = rmsNorm(residual, w.inputNorm, c.normEps, c.normPlusOne);
  const int64_t rows = normed.size(0);
  const Tensor packed = linear(normed, w.qkv, w.qkvBias, pass.slices(layer, &LayerAdapters::qkv), pass.dropout(layer, 0));
  const bool rotates = c.position == io::PositionKind::Rope;
  Tensor mixed;
  if (w.qNorm.defined()) { // the norm stands between projection and rotation, so the packed rows cannot be rotated in place
    const variable_list parts = SplitFunction::apply(packed, c.qRows(), c.kvRows());
    auto heads = [&](const Tensor &part, int64_t count, const Tensor &norm) {
      const Tensor flat = rmsNorm(part.reshape({-1, c.headDim}), norm, c.normEps, c.normPlusOne);
      const Tensor split = flat.view({rows, count, c.headDim});
      return rotates ? applyRotary(split, pass.positions, pass.tables, c.rope.interleaved) : split;
    };
    mixed = attention(heads(parts[0], c.heads, w.qNorm), heads(parts[1], c.kvHeads, w.kNorm), parts[2].view({rows, c.kvHeads, c.headDim}),
                      pass.spec)
                .view({rows, c.qRows()});
  } else {
    mixed =
        packedAttention(packed, c.heads, c.kvHeads, pass.positions, rotates ? pass.tables : RotaryTables(), c.rope.interleaved, pass.spec);
  }
  const Tensor projected = linear(mixed, w.output, w.outputBias, pass.slices(layer, &LayerAdapters::output), pass.dropout(layer, 1));
  return addRmsNorm(sum, projected, w.postNorm, c.normEps, c.normPlusOne);
}

/// normed [N, H] -> what the feed-forward block adds to the residual [N, H].
Tensor Transformer::feedForwardHalf(const Pass &pass, size_t layer, const Tensor &normed) const {
  const LayerWeights &w = pass.layer(layer);
  const Tensor gateUp = linear(normed, w.gateUp, w.gateUpBias, pass.slices(layer, &LayerAdapters::gateUp), pass.dropout(layer, 2));
  return linear(gatedActivation(gateUp, m_config.activation), w.down, w.downBias, pass.slices(layer, &LayerAdapters::down),
                pass.dropout(layer, 3));
}

std::pair<Tensor, Tensor> Transformer::blocks(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                                              const PassOptions &options) {
  const at::Device device = weights.embedding.device();
  const auto shared = std::make_shared<Pass>();
  Pass &pass = *shared;
  pass.weights = weights;
  if (adapters) pass.adapters = *adapters;
  pass.options = options;
  pass.positions = indexTensor(batch.positions, device);
  pass.spec.segmentStarts = batch.segmentStarts;
  pass.spec.scale = m_config.attentionScale;
  pass.spec.softcap = m_config.attentionSoftcap;
  pass.spec.window = m_config.slidingWindow;
  pass.spec.kind = options.attention;
  const auto last = std::max_element(batch.positions.begin(), batch.positions.end());
  pass.tables = tables(last == batch.positions.end() ? 1 : *last + 1, device);

  // transformers gives the padding token's row no gradient, also where the token is used for real.
  const int64_t padding = m_config.padToken < m_config.vocab ? m_config.padToken : -1;
  Tensor residual = embedTokens(weights.embedding, indexTensor(batch.ids, device), m_config.embedScale, padding);
  residual = addNeftuneNoise(residual, batch.segmentStarts, options.neftuneAlpha, options.seed);
  Tensor delta;
  for (size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const bool recompute = options.recompute == RecomputePolicy::Layer && at::GradMode::is_enabled();
    if (recompute) {
      residual = checkpointed(
          [this, shared, layer](const Tensor &input) {
            const auto [sum, normed] = attentionHalf(*shared, layer, input, Tensor());
            return sum + feedForwardHalf(*shared, layer, normed);
          },
          residual, pass.trainable(layer, true));
      continue;
    }
    Tensor normed;
    std::tie(residual, normed) = attentionHalf(pass, layer, residual, delta);
    if (options.recompute == RecomputePolicy::FeedForward && at::GradMode::is_enabled())
      delta = checkpointed([this, shared, layer](const Tensor &input) { return feedForwardHalf(*shared, layer, input); }, normed,
                           pass.trainable(layer, false));
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
  return linearCrossEntropySum(rmsNorm(chosen, weights.finalNorm, m_config.normEps, m_config.normPlusOne), weights.head,
                               indexTensor(batch.targets, residual.device()), lossOptions);
}

Tensor Transformer::hidden(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                           const std::vector<int64_t> *rows) {
  at::NoGradGuard noGrad;
  auto [residual, delta] = blocks(weights, adapters, batch, {});
  if (delta.defined()) residual = residual + delta;
  if (rows) residual = at::index_select(residual, 0, indexTensor(*rows, residual.device()));
  return rmsNorm(residual, weights.finalNorm, m_config.normEps, m_config.normPlusOne);
}

Tensor Transformer::logits(const DecoderWeights &weights, const Tensor &hiddenRows) const {
  at::NoGradGuard noGrad;
  Tensor scores = matmulTransposed(hiddenRows, weights.head).to(at::kFloat);
  if (m_config.finalSoftcap > 0.0) scores = at::tanh(scores / m_config.finalSoftcap) * m_config.finalSoftcap;
  return scores;
}

Tensor Transformer::advance(const DecoderWeights &weights, const DecoderAdapters *adapters, const std::vector<int64_t> &ids,
                            KvCache &cache) {
  at::NoGradGuard noGrad;
  const io::ModelConfig &c = m_config;
  const at::Device device = weights.embedding.device();
  const int64_t rows = static_cast<int64_t>(ids.size());
  const int64_t start = cache.length;
  const RotaryTables &rotary = tables(std::max(start + rows, cache.capacity), device);
  const Tensor positions = at::arange(start, start + rows, at::TensorOptions().dtype(at::kLong).device(device));
  AttentionSpec spec;
  spec.scale = c.attentionScale;
  spec.softcap = c.attentionSoftcap;
  spec.window = c.slidingWindow;

  Tensor residual = embedTokens(weights.embedding, indexTensor(ids, device), c.embedScale), delta;
  for (size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const LayerWeights &w = weights.layers[layer];
    const LayerAdapters *lora = adapters ? &(*adapters)[layer] : nullptr;
    Tensor normed;
    if (delta.defined())
      std::tie(residual, normed) = addRmsNorm(residual, delta, w.inputNorm, c.normEps, c.normPlusOne);
    else
      normed = rmsNorm(residual, w.inputNorm, c.normEps, c.normPlusOne);
    const Tensor packed = linear(normed, w.qkv, w.qkvBias, lora ? lora->qkv : kNoSlices);
    Tensor q = packed.narrow(1, 0, c.qRows()).view({rows, c.heads, c.headDim});
    Tensor k = packed.narrow(1, c.qRows(), c.kvRows()).view({rows, c.kvHeads, c.headDim});
    const Tensor v = packed.narrow(1, c.qRows() + c.kvRows(), c.kvRows()).view({rows, c.kvHeads, c.headDim});
    if (w.qNorm.defined()) {
      q = rmsNorm(q.reshape({-1, c.headDim}), w.qNorm, c.normEps, c.normPlusOne).view({rows, c.heads, c.headDim});
      k = rmsNorm(k.reshape({-1, c.headDim}), w.kNorm, c.normEps, c.normPlusOne).view({rows, c.kvHeads, c.headDim});
    }
    if (c.position == io::PositionKind::Rope) {
      q = applyRotary(q, positions, rotary, c.rope.interleaved);
      k = applyRotary(k, positions, rotary, c.rope.interleaved);
    }
    cache.keys[layer].narrow(1, start, rows).copy_(k.transpose(0, 1));
    cache.values[layer].narrow(1, start, rows).copy_(v.transpose(0, 1));
    Tensor mixed;
    if (layer + 1 == weights.layers.size() && rows > 1) {
      // Above the last layer's keys and values only the last token matters.
      mixed = attentionWithCache(q.narrow(0, rows - 1, 1), cache.keys[layer], cache.values[layer], start + rows - 1, spec);
      residual = residual.narrow(0, rows - 1, 1);
    } else {
      mixed = attentionWithCache(q, cache.keys[layer], cache.values[layer], start, spec);
    }
    const Tensor projected = linear(mixed.view({mixed.size(0), c.qRows()}), w.output, w.outputBias, lora ? lora->output : kNoSlices);
    std::tie(residual, normed) = addRmsNorm(residual, projected, w.postNorm, c.normEps, c.normPlusOne);
    const Tensor gateUp = linear(normed, w.gateUp, w.gateUpBias, lora ? lora->gateUp : kNoSlices);
    delta = linear(gatedActivation(gateUp, c.activation), w.down, w.downBias, lora ? lora->down : kNoSlices);
  }
  cache.length = start + rows;
  residual = residual.narrow(0, residual.size(0) - 1, 1);
  delta = delta.narrow(0, delta.size(0) - 1, 1);
  return addRmsNorm(residual, delta, weights.finalNorm, c.normEps, c.normPlusOne).second;
}

} // namespace attune::core
