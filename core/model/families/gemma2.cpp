#include "core/io/rope_settings.h"
#include "core/model/families/families.h"
#include "core/model/families/gemma.h"

#include <cmath>

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  readGemma(config, model);
  readLayerTypes(config, model, [](const io::ModelConfig &, int64_t layer) { return layer % 2 == 0; });
  readRope(config, model, {});
}

} // namespace

io::ModelConfig gemmaDefaults() {
  io::ModelConfig model;
  model.hidden = 2304;
  model.intermediate = 9216;
  model.layers = 26;
  model.heads = 8;
  model.kvHeads = 4;
  model.headDim = 256;
  model.context = 8192;
  model.slidingWindow = 4096;
  model.normPlusOne = model.sandwichNorms = model.tiedEmbeddings = true;
  model.activation = io::Activation::GeluTanh;
  model.padToken = 0;
  model.eosTokens = {1};
  model.bosToken = 2;
  return model;
}

void nameGemmaNorms(ModelFamily &family) {
  family.attentionOutNorm = "post_attention_layernorm"; // behind attention, not before the feed-forward
  family.postNorm = "pre_feedforward_layernorm";
  family.feedForwardOutNorm = "post_feedforward_layernorm";
}

void readGemma(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("attention_bias", false);
  const double scalar = config.number("query_pre_attn_scalar", 256.0);
  if (!(scalar > 0.0 && scalar < 1e9)) return config.malformed("query_pre_attn_scalar", "should be above 0");
  model.attentionScale = 1.0 / std::sqrt(scalar);
  model.embedScale = std::sqrt(static_cast<double>(model.hidden));
  // null means none, a missing key the class's default
  model.attentionSoftcap =
      config.number("attn_logit_softcapping", config.mentions("attn_logit_softcapping") ? 0.0 : model.attentionSoftcap);
  model.finalSoftcap = config.number("final_logit_softcapping", config.mentions("final_logit_softcapping") ? 0.0 : model.finalSoftcap);
  model.slidingWindow = config.integer("sliding_window", config.mentions("sliding_window") ? 0 : model.slidingWindow);
  if (config.flag("use_bidirectional_attention", false)) config.unsupported("use_bidirectional_attention", "true");
}

const ModelFamily &gemma2Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "gemma2";
    made.architectures = {"Gemma2ForCausalLM"};
    made.title = "Gemma 2";
    made.activationKey = "hidden_activation";
    made.defaults = gemmaDefaults();
    made.defaults.vocab = 256000;
    made.defaults.attentionSoftcap = 50.0;
    made.defaults.finalSoftcap = 30.0;
    made.read = read;
    nameGemmaNorms(made);
    return made;
  }();
  return family;
}

} // namespace attune::core
