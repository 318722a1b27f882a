#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

// Llama 2 and 3, SmolLM, SmolLM2 and all that share their layer: the names every field of ModelFamily defaults to.
namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("attention_bias", false);
  model.mlpBias = config.flag("mlp_bias", false);
  // Not this architecture's, so a file that has them means another computation.
  if (config.has("sliding_window") && config.integer("sliding_window", 0) < model.context)
    config.unsupported("sliding_window", "shorter than the context in a Llama model");
  if (config.has("layer_types")) readLayerTypes(config, model, [](const io::ModelConfig &, int64_t) { return false; });
  readRope(config, model, {});
}

} // namespace

const ModelFamily &llamaFamily() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "llama";
    made.architectures = {"LlamaForCausalLM"};
    made.title = "Llama 2 and 3, SmolLM2";
    made.defaults.context = 2048;
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
