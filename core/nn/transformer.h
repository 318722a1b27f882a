// The configurable decoder's forward pass: training over rows laid end to end (never padded), and generation with a
// key/value cache. Holds no weights; weights and adapters are arguments, so one set serves base and tuned. Job thread.
#pragma once

#include "core/data/sample.h"
#include "core/io/model_config.h"
#include "core/nn/attention.h"
#include "core/nn/decoder_weights.h"
#include "core/nn/kv_cache.h"
#include "core/nn/loss_chunk.h"
#include "core/nn/rotary_book.h"

#include <functional>
#include <memory>
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
  bool offloadCheckpoints = false;            // on an accelerator, with RecomputePolicy::Layer
  int64_t feedForwardRows = kFeedForwardRows; // at once, where recomputed or without gradients
  AttentionKind attention = AttentionKind::Auto;
  double loraDropout = 0.0;
  double neftuneAlpha = 0.0;
  uint64_t seed = 0;    // of this pass: dropout and NEFTune
  int64_t firstRow = 0; // the number of the batch's first token in that noise, where the batch is a part of a larger one
};

class Transformer {
public:
  explicit Transformer(io::ModelConfig config);
  const io::ModelConfig &config() const { return m_config; }

  /// Sum of the targets' cross-entropies (fp32 scalar), differentiable. adapters may be null.
  Tensor lossSum(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch, const PassOptions &options);
  /// Final hidden states after the last norm [N, H] of rows laid end to end, no gradients. Rows: all, or `rows` only.
  Tensor hidden(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                const std::vector<int64_t> *rows = nullptr);
  /// Feeds `ids` at positions cache.length.., fills the cache and returns the last token's normed hidden state [1, H].
  /// `length`: of the sequence when all pieces of this prompt are in; 0 = these ids complete it.
  Tensor advance(const DecoderWeights &weights, const DecoderAdapters *adapters, const std::vector<int64_t> &ids, KvCache &cache,
                 int64_t length = 0);
  /// Whether keys cached for `cached` tokens are of no use once the sequence has `length`: longrope changes its frequencies.
  bool outgrows(int64_t cached, int64_t length) const;
  /// Logits [M, V] in fp32 of normed hidden states [M, H], final soft cap included. No gradients.
  Tensor logits(const DecoderWeights &weights, const Tensor &hidden) const;

private:
  struct Pass;
  struct LayerRules;
  std::shared_ptr<Pass> makePass(const DecoderWeights &weights, const DecoderAdapters *adapters, const PassOptions &options) const;
  /// What attention of each kind of layer needs beside its weights; turn(local) gives the angles.
  void setRules(Pass &pass, const AttentionSpec &spec, int64_t longest, const std::function<RotaryTurn(RotaryBook &)> &turn);
  std::pair<Tensor, Tensor> blocks(const DecoderWeights &weights, const DecoderAdapters *adapters, const data::MicroBatch &batch,
                                   const PassOptions &options);
  std::pair<Tensor, Tensor> attentionHalf(const Pass &pass, size_t layer, const Tensor &residual, const Tensor &delta) const;
  Tensor attend(const Pass &pass, size_t layer, const Tensor &packed) const;
  Tensor attendCached(const Pass &pass, size_t layer, const Tensor &packed) const;
  Tensor feedForwardHalf(const Pass &pass, size_t layer, const Tensor &normed, Use use = Use::Value, int64_t firstRow = 0) const;
  Tensor feedForwardTiles(const std::shared_ptr<Pass> &pass, size_t layer, const Tensor &normed, bool again) const;

  io::ModelConfig m_config;
  std::vector<float> m_slopes; // ALiBi's, empty = none
  RotaryBook m_book, m_localBook;
};

} // namespace attune::core
