#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("attention_bias", false);
  model.mlpBias = config.flag("mlp_bias", false);
  model.slidingWindow = config.integer("sliding_window", 0);
  const int64_t interval = config.integer("no_rope_layer_interval", 4);
  if (interval < 1) return config.malformed("no_rope_layer_interval", "should be at least 1");
  readLayerTypes(config, model, [](const io::ModelConfig &, int64_t) { return false; });
  std::vector<int64_t> turns; // 1 = rotates, in spite of the key's name
  if (config.has("no_rope_layers")) turns = config.integers("no_rope_layers", model.layers);
  const bool windows = config.flag("use_sliding_window", false) && model.slidingWindow > 0 && !config.has("layer_types");
  for (size_t layer = 0; layer < model.layerKinds.size() && !config.error(); ++layer) {
    io::LayerKind &kind = model.layerKinds[layer];
    kind.rotates = turns.empty() ? (static_cast<int64_t>(layer) + 1) % interval != 0 : turns[layer] != 0;
    if (windows && !kind.rotates) kind.window = model.slidingWindow;
  }
  io::RopeRules rules;
  rules.theta = 2e6;
  readRope(config, model, rules);
}

} // namespace

const ModelFamily &smollm3Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "smollm3";
    made.architectures = {"SmolLM3ForCausalLM"};
    made.title = "SmolLM3";
    made.defaults.context = 32768;
    made.defaults.kvHeads = 4;
    made.defaults.tiedEmbeddings = true;
    made.defaults.bosToken = 128000;
    made.defaults.eosTokens = {128001};
    made.defaults.padToken = 128004;
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
