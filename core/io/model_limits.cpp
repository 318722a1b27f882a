#include "core/io/model_limits.h"

#include "core/io/config_reader.h"

#include <algorithm>

namespace attune::io {

namespace {

/// A setting as config.json and as GGUF metadata call it, and what is wrong with it; nothing when `message` is empty.
struct Mistake {
  const char *key = "";
  const char *ggufKey = "";
  std::string message = {};
};

Mistake ropeMistake(const RopeConfig &rope, int64_t headDim) {
  if (!(rope.theta >= 1 && rope.theta <= 1e15)) return {"rope_theta", "rope.freq_base", "The rotary base is not between 1 and 1e15."};
  if (!(rope.factor > 0 && rope.factor <= 1e6))
    return {"factor", "rope.scaling.factor", "The factor of the rotary scaling is not above 0 and at most 1e6."};
  if (!(rope.attentionFactor > 0 && rope.attentionFactor <= 1e4))
    return {"attention_factor", "rope.scaling.attn_factor", "The attention factor of the rotary scaling is out of range."};
  const int64_t dims = rope.rotaryDims > 0 ? rope.rotaryDims : headDim;
  if (rope.rotaryDims < 0 || dims > headDim || dims % 2 != 0)
    return {rope.rotaryDims > 0 ? "partial_rotary_factor" : "head_dim", "rope.dimension_count",
            "The head dimension is odd, or its rotary part is, so rotary positions cannot pair it."};
  const bool needsOriginal = rope.scaling != "none" && rope.scaling != "linear" && rope.scaling != "divisors";
  if (needsOriginal && (rope.originalContext < 1 || rope.originalContext > (int64_t(1) << 31)))
    return {"original_max_position_embeddings", "rope.scaling.original_context_length",
            "The original context of the rotary scaling is not between 1 and 2147483648."};
  if (rope.scaling == "llama3" &&
      !(rope.lowFrequencyFactor > 0 && rope.highFrequencyFactor > rope.lowFrequencyFactor && rope.highFrequencyFactor <= 1e6))
    return {"high_freq_factor", "rope.scaling.type", "The settings of the llama3 rotary scaling contradict each other."};
  if (rope.scaling == "yarn" && !(rope.betaFast > 0 && rope.betaSlow > 0 && rope.betaFast <= 1e6 && rope.betaSlow <= 1e6))
    return {"beta_fast", "rope.scaling.yarn_beta_fast", "The settings of the yarn rotary scaling contradict each other."};
  if (rope.scaling == "yarn" && !(rope.theta > 1)) return {"rope_theta", "rope.freq_base", "The yarn rotary scaling needs a base above 1."};
  if (rope.scaling == "dynamic" && dims < 4)
    return {"head_dim", "rope.dimension_count", "The dynamic rotary scaling needs at least four rotary dimensions."};
  const char *key = "short_factor";
  for (const std::vector<float> *table : {&rope.divisors, &rope.longDivisors}) {
    if (std::any_of(table->begin(), table->end(), [](float divisor) { return !(divisor > 0 && divisor <= 1e6f); }))
      return {key, "rope.scaling.type", "The divisors of the rotary frequencies are not between 0 and 1e6."};
    key = "long_factor";
  }
  return {};
}

Mistake sizeMistake(const ModelConfig &model) {
  struct Bound {
    const char *key, *ggufKey, *what;
    int64_t value, most;
  };
  const bool heads = model.heads <= (1 << 16) && model.headDim <= (1 << 13);
  const Bound bounds[] = {
      {"hidden_size", "embedding_length", "hidden size", model.hidden, int64_t(1) << 20},
      {"intermediate_size", "feed_forward_length", "intermediate size", model.intermediate, int64_t(1) << 22},
      {"num_hidden_layers", "block_count", "number of layers", model.layers, 4096},
      {"num_attention_heads", "attention.head_count", "number of attention heads", model.heads, 1 << 16},
      {"num_key_value_heads", "attention.head_count_kv", "number of key-value heads", model.kvHeads, 1 << 16},
      {"head_dim", "attention.key_length", "head dimension", model.headDim, 1 << 13},
      {"vocab_size", "vocab_size", "vocabulary size", model.vocab, int64_t(1) << 24},
      {"max_position_embeddings", "context_length", "context length", model.context, int64_t(1) << 31},
      {"head_dim", "attention.key_length", "attention width", heads ? model.qRows() : 0, int64_t(1) << 22},
  };
  for (const Bound &bound : bounds) {
    if (bound.value < 1 || bound.value > bound.most)
      return {bound.key, bound.ggufKey,
              "The model's " + std::string(bound.what) + " of " + std::to_string(bound.value) + " is not between 1 and " +
                  std::to_string(bound.most) + "."};
  }
  if (model.heads % model.kvHeads != 0)
    return {"num_attention_heads", "attention.head_count",
            "The number of attention heads is not a multiple of the number of key-value heads."};
  return {};
}

Mistake firstMistake(const ModelConfig &model) {
  Mistake mistake = sizeMistake(model);
  if (!mistake.message.empty()) return mistake;
  if (!(model.normEps > 0 && model.normEps < 1))
    return {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "The epsilon of the norms is not between 0 and 1."};
  if (model.position == PositionKind::Rope) {
    for (const RopeConfig *rope : {&model.rope, &model.localRope}) {
      mistake = ropeMistake(*rope, model.headDim);
      if (!mistake.message.empty()) return mistake;
    }
  }
  for (int64_t layer = 0; layer < model.layers; ++layer)
    if (model.layerKind(layer).window < 0)
      return {"sliding_window", "attention.sliding_window", "The sliding window of a layer is negative."};
  const auto within = [](double value) { return value >= 0 && value <= 1e9; };
  if (!within(model.attentionScale) || !within(model.embedScale))
    return {"query_pre_attn_scalar", "embedding_length", "A scale of the model is out of range."};
  if (!within(model.attentionSoftcap))
    return {"attn_logit_softcapping", "attn_logit_softcapping", "The soft cap of the attention is out of range."};
  if (!within(model.finalSoftcap))
    return {"final_logit_softcapping", "final_logit_softcapping", "The soft cap of the logits is out of range."};
  return {};
}

} // namespace

Status checkModelLimits(const ModelConfig &model, const std::string &where, const std::string &ggufPrefix) {
  const Mistake mistake = firstMistake(model);
  if (mistake.message.empty()) return {};
  const std::string field = ggufPrefix.empty() ? mistake.key : ggufPrefix + mistake.ggufKey;
  return Error{ErrorCode::MalformedFile, mistake.message, where + "#" + field,
               ggufPrefix.empty() ? kConfigHint : "Download or convert the file again."};
}

} // namespace attune::io
