#include "core/model/hf_config.h"

#include "core/base/json.h"
#include "core/model/families/model_family.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {

Json ropeScaling(const io::RopeConfig &rope) {
  Json scaling = {{"rope_type", rope.scaling}, {"factor", rope.factor}};
  if (rope.scaling == "longrope") {
    scaling = {{"type", "longrope"}, {"rope_type", "longrope"}, {"short_factor", rope.divisors}, {"long_factor", rope.longDivisors}};
    scaling["attention_factor"] = rope.attentionFactor;
    scaling["original_max_position_embeddings"] = rope.originalContext;
    return scaling;
  }
  if (rope.scaling == "llama3") {
    scaling["low_freq_factor"] = rope.lowFrequencyFactor;
    scaling["high_freq_factor"] = rope.highFrequencyFactor;
  }
  if (rope.scaling == "yarn") {
    scaling["attention_factor"] = rope.attentionFactor;
    scaling["beta_fast"] = rope.betaFast;
    scaling["beta_slow"] = rope.betaSlow;
    if (!rope.truncate) scaling["truncate"] = false;
  }
  const bool needsOriginal = rope.scaling == "llama3" || rope.scaling == "yarn";
  if (needsOriginal && rope.originalContext > 0) scaling["original_max_position_embeddings"] = rope.originalContext;
  return scaling;
}

const char *activationName(io::Activation activation) {
  switch (activation) {
  case io::Activation::Silu: return "silu";
  case io::Activation::Gelu: return "gelu";
  case io::Activation::GeluTanh: return "gelu_pytorch_tanh";
  }
  return "silu";
}

void addGemma(Json &config, const io::ModelConfig &c) {
  const double scalar = 1.0 / (c.attentionScale * c.attentionScale);
  config["query_pre_attn_scalar"] = static_cast<int64_t>(std::llround(scalar));
  config["attn_logit_softcapping"] = c.attentionSoftcap > 0 ? Json(c.attentionSoftcap) : Json();
  config["final_logit_softcapping"] = c.finalSoftcap > 0 ? Json(c.finalSoftcap) : Json();
  if (c.family == "gemma3_text") config["rope_local_base_freq"] = c.localRope.theta;
}

/// What the layers do differently, where they do.
void addLayers(Json &config, const io::ModelConfig &c) {
  if (c.layerKinds.empty()) return;
  Json types = Json::array(), turns = Json::array();
  int64_t window = 0;
  for (const io::LayerKind &kind : c.layerKinds) {
    types.push_back(kind.window > 0 ? "sliding_attention" : "full_attention");
    turns.push_back(kind.rotates ? 1 : 0);
    window = std::max(window, kind.window);
  }
  config["layer_types"] = types;
  if (window > 0) config["sliding_window"] = window;
  if (c.family == "smollm3") config["no_rope_layers"] = turns;
}

void addOwn(Json &config, const io::ModelConfig &c) {
  if (c.family == "gemma2" || c.family == "gemma3_text") addGemma(config, c);
  if (c.family == "mistral" || c.family == "phi3") config["sliding_window"] = c.slidingWindow > 0 ? Json(c.slidingWindow) : Json();
  if (c.family == "phi3") config["original_max_position_embeddings"] = c.rope.originalContext > 0 ? c.rope.originalContext : c.context;
  if (c.family == "internlm2") config["bias"] = c.qkvBias;
  if (c.rope.rotaryDims > 0 || c.family == "glm4")
    config["partial_rotary_factor"] =
        static_cast<double>(c.rope.rotaryDims > 0 ? c.rope.rotaryDims : c.headDim) / static_cast<double>(c.headDim);
  if (c.family == "baichuan") {
    config["model_max_length"] = c.context;
    if (c.headNorm)
      config["z_loss_weight"] = 0;
    else
      config["architectures"] = {"BaiChuanForCausalLM"}; // version 1: a plain head
    if (c.position == io::PositionKind::Alibi) config.erase("max_position_embeddings");
  }
}

} // namespace

Status checkHfConfig(const io::ModelConfig &config, const std::string &where) {
  const auto refuse = [&](const std::string &what) {
    return Error{ErrorCode::UnsupportedModel,
                 "A model with " + what + " cannot be written as a Hugging Face folder of its own kind.",
                 where,
                 "Start from the model's Hugging Face folder, or train a LoRA adapter.",
                 {}};
  };
  if (config.rope.scaling == "divisors") return refuse("its own table of rotary frequencies");
  const std::string &family = config.family;
  const bool never = family == "mistral" || family == "phi3" || family == "baichuan";
  const bool inputOnly = family == "qwen2" || family == "glm4";
  const bool told = never       ? !config.qkvBias && !config.outputBias
                    : inputOnly ? !config.outputBias && (config.qkvBias || family == "glm4")
                                : config.qkvBias == config.outputBias;
  if (!told) return refuse("biases in only some of its attention layers");
  return {};
}

std::string hfConfigJson(const io::ModelConfig &c, const std::string &dtype) {
  const ModelFamily *family = findFamilyByType(c.family);
  Json config = {{"architectures", {c.architecture.empty() ? "LlamaForCausalLM" : c.architecture}}, {"model_type", c.family}};
  config["hidden_size"] = c.hidden;
  config["intermediate_size"] = c.intermediate;
  config["num_hidden_layers"] = c.layers;
  config["num_attention_heads"] = c.heads;
  config["num_key_value_heads"] = c.kvHeads;
  config["head_dim"] = c.headDim;
  config["vocab_size"] = c.vocab;
  const bool stretched = (c.rope.scaling == "linear" || c.rope.scaling == "dynamic") && c.family != "gemma3_text"; // counted from there
  config["max_position_embeddings"] = stretched && c.rope.originalContext > 0 ? c.rope.originalContext : c.context;
  config["rms_norm_eps"] = c.normEps;
  config[family ? family->activationKey : "hidden_act"] = activationName(c.activation);
  config["attention_bias"] = c.qkvBias;
  config["mlp_bias"] = c.mlpBias;
  config["tie_word_embeddings"] = c.tiedEmbeddings;
  config["rope_theta"] = c.rope.theta;
  if (c.rope.scaling != "none") config["rope_scaling"] = ropeScaling(c.rope);
  addLayers(config, c);
  addOwn(config, c);
  if (c.bosToken >= 0) config["bos_token_id"] = c.bosToken;
  config["pad_token_id"] = c.padToken >= 0 ? Json(c.padToken) : Json(); // without the key some classes assume one
  if (c.eosTokens.size() == 1) config["eos_token_id"] = c.eosTokens.front();
  if (c.eosTokens.size() > 1) config["eos_token_id"] = c.eosTokens;
  config["torch_dtype"] = dtype;
  config["use_cache"] = true;
  return dumpJson(config) + "\n";
}

} // namespace attune::core
