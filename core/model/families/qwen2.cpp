#include "core/io/rope_settings.h"
#include "core/model/families/families.h"
#include "core/model/families/qwen.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  readQwenWindows(config, model);
  readRope(config, model, {});
}

} // namespace

void readQwenWindows(io::ConfigReader &config, io::ModelConfig &model) {
  const int64_t fullLayers = config.integer("max_window_layers", 28);
  const int64_t window = config.integer("sliding_window", config.mentions("sliding_window") ? 0 : 4096);
  model.slidingWindow = config.flag("use_sliding_window", false) ? window : 0;
  readLayerTypes(config, model, [](const io::ModelConfig &, int64_t) { return false; });
  if (config.has("layer_types") || model.slidingWindow == 0) return;
  for (size_t layer = 0; layer < model.layerKinds.size(); ++layer)
    model.layerKinds[layer].window = static_cast<int64_t>(layer) >= fullLayers ? model.slidingWindow : 0;
}

const ModelFamily &qwen2Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "qwen2";
    made.architectures = {"Qwen2ForCausalLM"};
    made.title = "Qwen2 and Qwen2.5";
    made.defaults.context = 32768;
    made.defaults.qkvBias = true;
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
