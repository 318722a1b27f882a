// The configurable decoder's forward pass: training over rows laid end to end (never padded), and generation with a
// key/value cache. Holds no weights; weights and adapters are arguments, so one set serves base and tuned. Job thread.
#pragma once

#include "core/data/sample.h"
#include "core/io/model_config.h"
#include "core/nn/attention.h"
#include "core/nn/decoder_weights.h"
#include "core/nn/kv_cache.h"
#include "core/nn/rotary.h"

#include <utility>
#include <vector>

namespace attune::core {

enum class RecomputePolicy {
  None,
  FeedForward, // keep attention, recompute the feed-forward half of each layer
  Layer        // keep only each layer's input
};

/// What differs between one training pass and another; the default is a plain evaluation pass.
struct PassOptions {
  RecomputePolicy recompute = RecomputePolicy::None;
  AttentionKind attention = AttentionKind::Auto;
  double loraDropout = 0.0;
  double neftuneAlpha = 0.0;
  uint64_t seed = 0; // of this pass: dropout and NEFTune
};

class Transformer {
public:
  explicit Transformer(io::ModelConfig config) : m_config(std::move(config)) {}
  const io::ModelConfig &config() const { return m_config; }

  /// Sum of the targets' cross-entropies (fp32 scalar), differentiable. adapters may be null.
  Tensor lossSum(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch, const PassOptions &options);
  /// Final hidden states after the last norm [N, H] of rows laid end to end, no gradients. Rows: all, or `rows` only.
  Tensor hidden(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                const std::vector<int64_t> *rows = nullptr);
  /// Feeds `ids` at positions cache.length.., fills the cache and returns the last token's normed hidden state [1, H].
  Tensor advance(const DecoderWeights &weights, const DecoderAdapters *adapters, const std::vector<int64_t> &ids, KvCache &cache);
  /// Logits [M, V] in fp32 of normed hidden states [M, H], final soft cap included. No gradients.
  Tensor logits(const DecoderWeights &weights, const Tensor &hidden) const;

private:
  struct Pass;
  std::pair<Tensor, Tensor> blocks(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                                   const PassOptions &options);
  std::pair<Tensor, Tensor> attentionHalf(const Pass &pass, size_t layer, const Tensor &residual, const Tensor &delta) const;
  Tensor feedForwardHalf(const Pass &pass, size_t layer, const Tensor &normed) const;
  const RotaryTables &tables(int64_t positions, const at::Device &device);

  io::ModelConfig m_config;
  RotaryTables m_tables;
};

} // namespace attune::core
