#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.slidingWindow = config.integer("sliding_window", 0);
  io::RopeRules rules;
  rules.allowsPartial = rules.longIsSu = true;
  rules.originalContext = 4096;
  readRope(config, model, rules);
  if (model.rope.scaling != "none" && model.rope.scaling != "longrope") config.unsupportedText("rope_scaling.type", model.rope.scaling);
}

} // namespace

const ModelFamily &phi3Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "phi3";
    made.architectures = {"Phi3ForCausalLM"};
    made.title = "Phi-3 and Phi-4 mini";
    made.defaults.context = 4096;
    made.defaults.normEps = 1e-5;
    made.defaults.padToken = 32000;
    made.defaults.layout = io::AttentionLayout::Fused;
    made.defaults.fusedGateUp = true;
    made.qkv = "self_attn.qkv_proj";
    made.gateUp = "mlp.gate_up_proj";
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
