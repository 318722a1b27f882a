#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

namespace {

void read(io::ConfigReader &config, io::ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("bias", true);
  readRope(config, model, {});
}

} // namespace

const ModelFamily &internlm2Family() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "internlm2";
    made.architectures = {"InternLM2ForCausalLM"};
    made.title = "InternLM2";
    made.defaults.context = 2048;
    made.defaults.layout = io::AttentionLayout::Grouped;
    made.embedding = "model.tok_embeddings";
    made.head = "output";
    made.inputNorm = "attention_norm";
    made.postNorm = "ffn_norm";
    made.qkv = "attention.wqkv";
    made.output = "attention.wo";
    made.gate = "feed_forward.w1";
    made.up = "feed_forward.w3";
    made.down = "feed_forward.w2";
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
