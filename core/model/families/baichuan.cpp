#include "core/io/rope_settings.h"
#include "core/model/families/families.h"

namespace attune::core {

// Baichuan 1 and 2, 7B (rotary) and 13B (ALiBi), told apart by what their config.json has and lacks.
namespace {

constexpr int64_t kFirstVocabulary = 64000; // of both Baichuan 1 models

void read(io::ConfigReader &config, io::ModelConfig &model) {
  const int64_t length = config.integer("model_max_length", 4096);
  if (config.has("max_position_embeddings")) {
    readRope(config, model, {});
  } else {
    model.position = io::PositionKind::Alibi;
    model.context = length;
  }
  const bool first = model.architecture == "BaiChuanForCausalLM" || (model.vocab == kFirstVocabulary && !config.mentions("z_loss_weight"));
  model.headNorm = !first;
  if (model.headNorm && model.tiedEmbeddings) config.unsupported("tie_word_embeddings", "true in a Baichuan2 model");
  if (model.kvHeads != model.heads) config.unsupported("num_key_value_heads", "other than the number of heads in a Baichuan model");
  if (config.number("z_loss_weight", 0.0) != 0.0) config.unsupported("z_loss_weight", "other than 0");
}

} // namespace

const ModelFamily &baichuanFamily() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "baichuan";
    made.architectures = {"BaichuanForCausalLM", "BaiChuanForCausalLM"};
    made.title = "Baichuan 1 and 2, 7B and 13B";
    made.defaults.context = 4096;
    made.defaults.padToken = 0;
    made.defaults.layout = io::AttentionLayout::Fused;
    made.qkv = "self_attn.W_pack";
    made.read = read;
    return made;
  }();
  return family;
}

} // namespace attune::core
