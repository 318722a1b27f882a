#include "core/io/rope_settings.h"

#include <algorithm>
#include <cmath>

namespace attune::io {

namespace {

double yarnScale(double factor, double scale) { return factor <= 1.0 ? 1.0 : 0.1 * scale * std::log(factor) + 1.0; }

/// The factor of yarn and longrope; where the file has none, the ratio of the two contexts.
double contextRatio(ConfigReader &rope, const ModelConfig &model, const RopeConfig &made) {
  const double ratio = static_cast<double>(model.context) / static_cast<double>(std::max<int64_t>(1, made.originalContext));
  return rope.number("factor", ratio);
}

void readYarn(ConfigReader &rope, const ModelConfig &model, RopeConfig &made) {
  made.factor = contextRatio(rope, model, made);
  const double scale = rope.number("mscale", 0.0), allScale = rope.number("mscale_all_dim", 0.0);
  const double natural =
      scale != 0.0 && allScale != 0.0 ? yarnScale(made.factor, scale) / yarnScale(made.factor, allScale) : yarnScale(made.factor, 1.0);
  made.attentionFactor = rope.number("attention_factor", natural);
  made.betaFast = rope.number("beta_fast", 32.0);
  made.betaSlow = rope.number("beta_slow", 1.0);
  if (made.betaFast == 0.0) made.betaFast = 32.0;
  if (made.betaSlow == 0.0) made.betaSlow = 1.0;
  made.truncate = rope.flag("truncate", true);
}

void readLongRope(ConfigReader &rope, const ModelConfig &model, RopeConfig &made) {
  const int64_t pairs = (made.rotaryDims > 0 ? made.rotaryDims : model.headDim) / 2;
  made.factor = contextRatio(rope, model, made);
  const double original = std::log(static_cast<double>(std::max<int64_t>(2, made.originalContext)));
  made.attentionFactor = rope.number("attention_factor", made.factor <= 1.0 ? 1.0 : std::sqrt(1.0 + std::log(made.factor) / original));
  made.divisors = rope.numbers("short_factor", pairs);
  made.longDivisors = rope.numbers("long_factor", pairs);
}

void readLlama3(ConfigReader &rope, RopeConfig &made) {
  made.factor = rope.number("factor", std::nullopt);
  made.lowFrequencyFactor = rope.number("low_freq_factor", std::nullopt);
  made.highFrequencyFactor = rope.number("high_freq_factor", std::nullopt);
}

} // namespace

RopeConfig readRopeObject(ConfigReader &config, const Json &nested, const std::string &key, const ModelConfig &model,
                          const RopeRules &rules, double theta) {
  RopeConfig made = model.rope;
  ConfigReader rope(nested, config.where() + "#" + key);
  std::string kind = rope.text("rope_type", rope.text("type", "default"));
  if (kind == "su" && rules.longIsSu) kind = "longrope";
  made.theta = rope.number("rope_theta", theta);
  const double partial = rope.number("partial_rotary_factor", config.number("partial_rotary_factor", rules.partial));
  if (partial != 1.0) {
    if (!rules.allowsPartial || !(partial > 0.0 && partial < 1.0)) config.unsupported("partial_rotary_factor", "of this value");
    made.rotaryDims = static_cast<int64_t>(static_cast<double>(model.headDim) * partial);
    if (made.rotaryDims % 2 != 0 || made.rotaryDims < 2)
      config.malformed("partial_rotary_factor", "leaves an odd number of rotary dimensions");
  }
  made.originalContext = model.context;
  if (kind == "llama3" || kind == "yarn" || kind == "longrope") { // beside the object it counts more, as in transformers
    const int64_t inside =
        rope.integer("original_max_position_embeddings", rules.originalContext > 0 ? rules.originalContext : model.context);
    made.originalContext = config.integer("original_max_position_embeddings", rules.originalContext > 0 ? rules.originalContext : inside);
  }
  made.scaling = kind;
  if (kind == "default" || kind == "none")
    made.scaling = "none";
  else if (kind == "linear" || kind == "dynamic")
    made.factor = rope.number("factor", std::nullopt);
  else if (kind == "yarn")
    readYarn(rope, model, made);
  else if (kind == "longrope")
    readLongRope(rope, model, made);
  else if (kind == "llama3")
    readLlama3(rope, made);
  else
    config.unsupportedText(key + ".rope_type", kind);
  if (rope.error()) config.fail(*rope.error());
  return made;
}

void readRope(ConfigReader &config, ModelConfig &model, const RopeRules &rules) {
  static const Json kEmpty = Json::object();
  // Newer files: rope_parameters holds everything. Older ones: rope_theta beside an optional rope_scaling, which wins where
  // both stand (transformers 5).
  const bool older = config.has("rope_scaling") && !config.object().at("rope_scaling").empty();
  const char *key = older ? "rope_scaling" : "rope_parameters";
  const Json &nested = config.has(key) ? config.object().at(key) : kEmpty;
  if (!nested.is_object()) return config.malformed(key, "should be an object");
  for (const auto &item : nested.items()) {
    if (item.value().is_object()) return config.unsupported(std::string(key) + "." + item.key(), "with rotary settings per layer type");
  }
  model.rope = readRopeObject(config, nested, key, model, rules, config.number("rope_theta", rules.theta));
  const RopeConfig &rope = model.rope;
  const bool stretches = rules.contextIsOriginal && (rope.scaling == "linear" || rope.scaling == "dynamic");
  if ((stretches || rope.scaling == "yarn") && rope.factor > 1.0 && rope.factor < 1e6) {
    const double reach = static_cast<double>(rope.originalContext) * rope.factor;
    if (reach < 1e15) model.context = std::max(model.context, static_cast<int64_t>(reach));
  }
}

} // namespace attune::io
