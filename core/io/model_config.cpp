#include "core/io/model_config.h"

#include "core/base/inside_folder.h"
#include "core/io/config_reader.h"
#include "core/io/model_limits.h"
#include "core/model/families/model_family.h"

#include <cmath>

namespace attune::io {

namespace {

const JsonLimits kLimits = {200, false, 10000};

void readTokens(ConfigReader &config, ModelConfig &model) {
  model.bosToken = config.mentions("bos_token_id") ? config.integer("bos_token_id", -1) : model.bosToken;
  model.padToken = config.mentions("pad_token_id") ? config.integer("pad_token_id", -1) : model.padToken;
  if (!config.mentions("eos_token_id")) return;
  model.eosTokens.clear();
  if (!config.has("eos_token_id")) return;
  const Json &eos = config.object().at("eos_token_id");
  for (const Json &id : eos.is_array() ? eos : Json::array({eos})) {
    if (!id.is_number_integer()) return config.malformed("eos_token_id", "should be a token number or a list of them");
    if (model.eosTokens.size() < 64) model.eosTokens.push_back(id.get<int64_t>());
  }
}

void readActivation(ConfigReader &config, ModelConfig &model, const char *key) {
  if (!config.has(key)) return;
  const std::string name = config.text(key, "");
  if (name == "silu" || name == "swish")
    model.activation = Activation::Silu;
  else if (name == "gelu_pytorch_tanh" || name == "gelu_new")
    model.activation = Activation::GeluTanh;
  else if (name == "gelu")
    model.activation = Activation::Gelu;
  else
    config.unsupportedText(key, name);
}

/// A dimension that the family may have a default for (0 = none).
int64_t dimension(ConfigReader &config, const char *key, int64_t otherwise) {
  return config.integer(key, otherwise > 0 ? std::optional<int64_t>(otherwise) : std::nullopt);
}

void readShape(ConfigReader &config, ModelConfig &model) {
  model.hidden = dimension(config, "hidden_size", model.hidden);
  model.intermediate = dimension(config, "intermediate_size", model.intermediate);
  model.layers = dimension(config, "num_hidden_layers", model.layers);
  model.heads = dimension(config, "num_attention_heads", model.heads);
  const bool familyHeads = model.kvHeads > 0 && !config.mentions("num_key_value_heads");
  model.kvHeads = config.integer("num_key_value_heads", familyHeads ? model.kvHeads : model.heads);
  model.vocab = dimension(config, "vocab_size", model.vocab);
  model.context = config.integer("max_position_embeddings", model.context);
  model.normEps = config.number("rms_norm_eps", model.normEps);
  model.tiedEmbeddings = config.flag("tie_word_embeddings", model.tiedEmbeddings);
  if (config.has("head_dim") || (model.headDim > 0 && !config.mentions("head_dim"))) {
    model.headDim = dimension(config, "head_dim", model.headDim);
  } else if (model.heads > 0) {
    model.headDim = model.hidden / model.heads;
    if (model.hidden % model.heads != 0)
      config.malformed("hidden_size", "is not a multiple of num_attention_heads, and head_dim is missing");
  }
}

Result<std::string> architectureOf(ConfigReader &config) {
  if (config.has("architectures")) {
    const Json &list = config.object().at("architectures");
    if (!list.is_array() || list.empty() || !list.front().is_string()) {
      return Error{ErrorCode::MalformedFile, "The setting architectures should be a list with one name.", config.where() + "#architectures",
                   kConfigHint};
    }
    return list.front().get<std::string>();
  }
  const core::ModelFamily *family = core::findFamilyByType(config.text("model_type", ""));
  return family ? family->architectures.front() : config.text("model_type", "");
}

/// Of the ways to quantise, bitsandbytes' NF4 is read.
void checkQuantization(ConfigReader &config) {
  if (!config.has("quantization_config")) return;
  const Json &settings = config.object().at("quantization_config");
  if (!settings.is_object()) return config.malformed("quantization_config", "should be an object");
  const auto text = [&](const char *key, const char *usual) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string(usual) : found->is_string() ? found->get<std::string>() : found->dump();
  };
  const auto is = [&](const char *key) { return settings.value(key, Json()) == true; };
  const std::string method = text("quant_method", is("load_in_4bit") || is("load_in_8bit") ? "bitsandbytes" : "");
  if (method != "bitsandbytes") return config.unsupported("quantization_config", "(weights quantised by \"" + method.substr(0, 40) + "\")");
  if (is("load_in_8bit") || !is("load_in_4bit"))
    return config.unsupported("quantization_config", "(bitsandbytes weights that are not in 4 bits)");
  const std::string type = text("bnb_4bit_quant_type", "fp4");
  if (type != "nf4") config.unsupported("quantization_config", "(bitsandbytes weights in \"" + type.substr(0, 40) + "\", not nf4)");
}

} // namespace

LayerKind ModelConfig::layerKind(int64_t layer) const {
  if (static_cast<size_t>(layer) < layerKinds.size()) return layerKinds[static_cast<size_t>(layer)];
  return {position == PositionKind::Rope, false, slidingWindow};
}

int64_t ModelConfig::parameterCount() const {
  const int64_t attention = hidden * (qRows() + 2 * kvRows()) + qRows() * hidden;
  const int64_t biases = (qkvBias ? qRows() + 2 * kvRows() : 0) + (outputBias ? hidden : 0) + (mlpBias ? 2 * intermediate + hidden : 0);
  const int64_t norms = (sandwichNorms ? 4 : 2) * hidden + (qkNorm ? 2 * headDim : 0);
  const int64_t layer = attention + 3 * hidden * intermediate + norms + biases;
  return vocab * hidden * (tiedEmbeddings ? 1 : 2) + layers * layer + hidden;
}

std::vector<float> alibiSlopes(int64_t heads) {
  int64_t power = 1;
  while (power * 2 <= heads) power *= 2;
  std::vector<float> slopes;
  const auto add = [&](int64_t of, int64_t first, int64_t step, int64_t count) {
    const double base = std::exp2(-8.0 / static_cast<double>(of));
    for (int64_t k = first; count > 0; k += step, --count) slopes.push_back(static_cast<float>(std::pow(base, static_cast<double>(k))));
  };
  add(power, 1, 1, power);
  add(2 * power, 1, 2, heads - power); // the others: every second slope of twice as many heads
  return slopes;
}

std::vector<int64_t> groupedRows(const ModelConfig &config) {
  std::vector<int64_t> rows;
  if (config.layout != AttentionLayout::Grouped) return rows;
  const int64_t dim = config.headDim, group = config.heads / config.kvHeads, stride = (group + 2) * dim;
  rows.reserve(static_cast<size_t>(config.qRows() + 2 * config.kvRows()));
  const auto add = [&](int64_t first, int64_t count) { // of every group
    for (int64_t g = 0; g < config.kvHeads; ++g)
      for (int64_t row = 0; row < count; ++row) rows.push_back(g * stride + first + row);
  };
  add(0, group * dim);
  add(group * dim, dim);
  add((group + 1) * dim, dim);
  return rows;
}

Result<ModelConfig> parseModelConfig(const std::string &json, const std::string &where) {
  ATTUNE_TRY(const Json object, orHint(parseJson(json, where, kLimits), kConfigHint));
  if (!object.is_object()) return Error{ErrorCode::MalformedFile, "A model's config.json must be one JSON object.", where, kConfigHint};
  ConfigReader outer(object, where);
  ATTUNE_TRY(const std::string architecture, architectureOf(outer));
  const core::ModelFamily *family = core::findFamily(architecture);
  if (!family) {
    return Error{ErrorCode::UnsupportedModel, "The architecture \"" + architecture.substr(0, 80) + "\" is not supported.",
                 where + "#architectures", core::supportedModels()};
  }
  const bool nests = !family->nestedConfig.empty() && outer.has(family->nestedConfig.c_str());
  if (nests && !object.at(family->nestedConfig).is_object())
    return Error{ErrorCode::MalformedFile, "The setting " + family->nestedConfig + " should be an object.",
                 where + "#" + family->nestedConfig, kConfigHint};
  ConfigReader config(nests ? object.at(family->nestedConfig) : object, nests ? where + "#" + family->nestedConfig : where);

  ModelConfig model = family->defaults;
  model.architecture = architecture;
  model.family = family->name;
  readShape(config, model);
  model.storedDtype = config.text("dtype", config.text("torch_dtype", ""));
  readTokens(config, model);
  if (nests) { // what transformers looks up on the whole model
    const int64_t padding = model.padToken;
    readTokens(outer, model);
    model.padToken = padding; // the embedding's own
    model.tiedEmbeddings = outer.flag("tie_word_embeddings", model.tiedEmbeddings);
    if (model.storedDtype.empty()) model.storedDtype = outer.text("dtype", outer.text("torch_dtype", ""));
  }
  readActivation(config, model, family->activationKey.c_str());
  for (ConfigReader *reader : {&outer, &config}) checkQuantization(*reader);
  if (!config.error()) family->read(config, model);
  if (outer.error()) return *outer.error();
  if (config.error()) return *config.error();
  ATTUNE_CHECK(checkModelLimits(model, config.where()));
  return model;
}

} // namespace attune::io
