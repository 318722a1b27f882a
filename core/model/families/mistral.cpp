#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  // Without the key the class has a window of its own; null means none.
  if (config.mentions("sliding_window")) model.slidingWindow = config.integer("sliding_window", 0);
  // transformers' AutoModel takes a file that lists them for a Ministral, the same layer with a window in those that slide.
  if (config.has("layer_types")) readLayerTypes(config, model, [](const io::ModelConfig &, int64_t) { return false; });
  readRope(config, model, {});
}

} // namespace

const ModelFamily &mistralFamily() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "mistral";
    made.architectures = {"MistralForCausalLM"};
    made.title = "Mistral";
    made.defaults.context = 131072;
    made.defaults.kvHeads = 8;
    made.defaults.slidingWindow = 4096;
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
