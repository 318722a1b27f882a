#include "core/io/rope_settings.h"
#include "core/model/families/families.h"
#include "core/model/families/qwen.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("attention_bias", false);
  readQwenWindows(config, model);
  readRope(config, model, {});
}

} // namespace

const ModelFamily &qwen3Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "qwen3";
    made.architectures = {"Qwen3ForCausalLM"};
    made.title = "Qwen3";
    made.defaults.context = 32768;
    made.defaults.headDim = 128;
    made.defaults.qkNorm = true;
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
