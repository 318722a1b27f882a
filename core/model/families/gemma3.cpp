#include "core/io/rope_settings.h"
#include "core/model/families/families.h"
#include "core/model/families/gemma.h"

namespace attune::core {

namespace {

constexpr double kGlobalTheta = 1e6, kLocalTheta = 1e4;

/// The settings of one kind of layer: nested under its name (transformers 5), else beside everything else.
void readRopes(io::ConfigReader &config, io::ModelConfig &model) {
  static const Json kEmpty = Json::object();
  io::RopeRules rules;
  rules.contextIsOriginal = false;
  const auto object = [&](const char *key) -> const Json & { return config.has(key) ? config.object().at(key) : kEmpty; };
  const Json &both = object("rope_parameters"), &older = object("rope_scaling");
  if (!both.is_object()) return config.malformed("rope_parameters", "should be an object");
  if (!older.is_object()) return config.malformed("rope_scaling", "should be an object");
  const auto nested = [&](const char *kind) -> const Json & {
    return both.contains(kind) && both.at(kind).is_object() ? both.at(kind) : kEmpty;
  };
  Json global = nested("full_attention");
  for (const auto &item : older.items()) global[item.key()] = item.value();
  const std::string key = older.empty() ? "rope_parameters.full_attention" : "rope_scaling";
  const io::RopeConfig plain = model.rope;
  const io::RopeConfig made = io::readRopeObject(config, global, key, model, rules, config.number("rope_theta", kGlobalTheta));
  model.rope = plain;
  model.localRope = io::readRopeObject(config, nested("sliding_attention"), "rope_parameters.sliding_attention", model, rules,
                                       config.number("rope_local_base_freq", kLocalTheta));
  model.rope = made;
}

void read(io::ConfigReader &config, io::ModelConfig &model) {
  readGemma(config, model);
  model.attentionSoftcap = 0.0; // in the class's settings, but its attention never applies it
  const int64_t pattern = config.integer("sliding_window_pattern", 6);
  if (pattern < 1) return config.malformed("sliding_window_pattern", "should be at least 1");
  readLayerTypes(config, model, [](const io::ModelConfig &, int64_t) { return false; });
  const bool listed = config.has("layer_types");
  for (size_t layer = 0; layer < model.layerKinds.size(); ++layer) {
    io::LayerKind &kind = model.layerKinds[layer];
    if (!listed && (static_cast<int64_t>(layer) + 1) % pattern != 0) kind.window = model.slidingWindow;
    kind.local = kind.window > 0;
  }
  if (!listed && pattern > 1 && model.slidingWindow < 1) return config.malformed("sliding_window", "should be at least 1");
  readRopes(config, model);
}

ModelFamily base() {
  ModelFamily made;
  made.activationKey = "hidden_activation";
  made.defaults = gemmaDefaults();
  made.defaults.vocab = 262208;
  made.defaults.context = 131072;
  made.defaults.qkNorm = true;
  made.read = read;
  nameGemmaNorms(made);
  return made;
}

} // namespace

const ModelFamily &gemma3TextFamily() {
  static const ModelFamily family = [] {
    ModelFamily made = base();
    made.name = "gemma3_text";
    made.architectures = {"Gemma3ForCausalLM"};
    made.title = "Gemma 3";
    return made;
  }();
  return family;
}

const ModelFamily &gemma3Family() {
  static const ModelFamily family = [] {
    ModelFamily made = base();
    made.name = "gemma3";
    made.architectures = {"Gemma3ForConditionalGeneration"};
    made.title = "the text part of Gemma 3 with pictures";
    made.nestedConfig = "text_config";
    made.embedding = "model.language_model.embed_tokens";
    made.layers = "model.language_model.layers.";
    made.finalNorm = "model.language_model.norm";
    made.spellings = {{"language_model.model.", "model.language_model."}, {"language_model.lm_head.", "lm_head."}};
    made.writtenAs = "gemma3_text";
    made.otherParts = {"model.vision_tower.", "vision_tower.", "model.multi_modal_projector.", "multi_modal_projector."};
    return made;
  }();
  return family;
}

} // namespace attune::core
