#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

// GLM-4 of April 2024 (glm) and of 0414 (glm4), which adds a norm behind attention and feed-forward.
namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = config.flag("attention_bias", true);
  io::RopeRules rules;
  rules.allowsPartial = true;
  rules.partial = 0.5;
  readRope(config, model, rules);
}

ModelFamily base() {
  ModelFamily made;
  made.defaults.context = 131072;
  made.defaults.kvHeads = 2;
  made.defaults.headDim = 128;
  made.defaults.normEps = 1.5625e-07;
  made.defaults.padToken = 151329;
  made.defaults.eosTokens = {151329, 151336, 151338};
  made.defaults.rope.interleaved = true;
  made.defaults.fusedGateUp = true;
  made.gateUp = "mlp.gate_up_proj";
  made.read = read;
  return made;
}

} // namespace

const ModelFamily &glmFamily() {
  static const ModelFamily family = [] {
    ModelFamily made = base();
    made.name = "glm";
    made.architectures = {"GlmForCausalLM"};
    made.title = "GLM-4";
    return made;
  }();
  return family;
}

const ModelFamily &glm4Family() {
  static const ModelFamily family = [] {
    ModelFamily made = base();
    made.name = "glm4";
    made.architectures = {"Glm4ForCausalLM"};
    made.title = "GLM-4-0414";
    made.defaults.sandwichNorms = true;
    made.attentionOutNorm = "post_self_attn_layernorm";
    made.feedForwardOutNorm = "post_mlp_layernorm";
    return made;
  }();
  return family;
}

} // namespace attune::core
