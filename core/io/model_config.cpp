#include "core/io/model_config.h"

#include "core/base/json.h"
#include "core/io/model_limits.h"

#include <cmath>
#include <optional>

namespace attune::io {

namespace {

const JsonLimits kLimits = {200, false, 10000};

const char kSupported[] =
    "Supported here: LlamaForCausalLM (Llama 2 and 3, SmolLM, SmolLM2, TinyLlama) and MistralForCausalLM without a sliding window.";

constexpr int64_t kMistralWindow = 4096; // MistralConfig's default

/// Typed reads from config.json that remember the first mistake; the reads after it are harmless.
class ConfigReader {
public:
  ConfigReader(const Json &object, std::string where) : m_object(object), m_where(std::move(where)) {}

  bool has(const char *key) const { return m_object.contains(key) && !m_object.at(key).is_null(); }

  int64_t integer(const char *key, std::optional<int64_t> fallback) {
    if (!has(key)) return missing(key, fallback);
    const Json &value = m_object.at(key);
    if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return absurd(key), 0;
    if (value.is_number_integer()) return value.get<int64_t>();
    return wrongType(key, "a whole number"), 0;
  }
  double number(const char *key, std::optional<double> fallback) {
    if (!has(key)) return missing(key, fallback);
    if (!m_object.at(key).is_number()) return wrongType(key, "a number"), 0.0;
    const double value = m_object.at(key).get<double>();
    if (!std::isfinite(value)) absurd(key);
    return value;
  }
  bool flag(const char *key, bool fallback) {
    if (!has(key)) return fallback;
    if (!m_object.at(key).is_boolean()) return wrongType(key, "true or false"), fallback;
    return m_object.at(key).get<bool>();
  }
  std::string text(const char *key, const std::string &fallback) {
    if (!has(key)) return fallback;
    if (!m_object.at(key).is_string()) return wrongType(key, "a text"), fallback;
    return m_object.at(key).get<std::string>();
  }

  void unsupported(const std::string &key, const std::string &what) {
    fail({ErrorCode::UnsupportedModel, "The setting " + key + " " + what + " is not supported.", m_where + "#" + key, kSupported});
  }
  void fail(Error error) {
    if (!m_error) m_error = std::move(error);
  }
  const std::optional<Error> &error() const { return m_error; }
  const std::string &where() const { return m_where; }
  const Json &object() const { return m_object; }

private:
  template <typename T> T missing(const char *key, std::optional<T> fallback) {
    if (fallback) return *fallback;
    fail({ErrorCode::MalformedFile, std::string("The setting ") + key + " is missing.", m_where + "#" + key,
          "Take config.json from the model's original folder."});
    return T();
  }
  void wrongType(const char *key, const char *expected) {
    fail({ErrorCode::MalformedFile, std::string("The setting ") + key + " should be " + expected + ".", m_where + "#" + key, ""});
  }
  void absurd(const char *key) {
    fail({ErrorCode::MalformedFile, std::string("The setting ") + key + " has an impossible value.", m_where + "#" + key, ""});
  }

  const Json &m_object;
  std::string m_where;
  std::optional<Error> m_error;
};

void readRope(ConfigReader &config, ModelConfig &model) {
  static const Json kEmpty = Json::object();
  // Newer files: rope_parameters holds everything. Older ones: rope_theta beside an optional rope_scaling, which wins where
  // both stand (transformers 5).
  const char *key = config.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  const Json &nested = config.has(key) ? config.object().at(key) : kEmpty;
  if (!nested.is_object()) {
    config.fail({ErrorCode::MalformedFile, std::string("The setting ") + key + " should be an object.", config.where() + "#" + key, ""});
    return;
  }
  for (const auto &item : nested.items()) {
    if (item.value().is_object()) return config.unsupported(std::string(key) + "." + item.key(), "with rotary settings per layer type");
  }
  ConfigReader rope(nested, config.where() + "#" + key);
  std::string kind = rope.text("rope_type", rope.text("type", "default"));
  model.rope.theta = rope.number("rope_theta", config.number("rope_theta", 10000.0));
  if (rope.number("partial_rotary_factor", config.number("partial_rotary_factor", 1.0)) != 1.0) {
    config.unsupported("partial_rotary_factor", "other than 1");
  }
  if (kind == "default" || kind == "none")
    kind = "none";
  else if (kind == "linear" || kind == "llama3")
    model.rope.factor = rope.number("factor", std::nullopt);
  else
    config.unsupported(std::string(key) + ".rope_type", "\"" + kind.substr(0, 40) + "\"");
  if (kind == "llama3") {
    model.rope.lowFrequencyFactor = rope.number("low_freq_factor", std::nullopt);
    model.rope.highFrequencyFactor = rope.number("high_freq_factor", std::nullopt);
    model.rope.originalContext = rope.integer("original_max_position_embeddings", model.context);
  }
  model.rope.scaling = kind;
  if (rope.error()) config.fail(*rope.error());
}

void readTokens(ConfigReader &config, ModelConfig &model) {
  model.bosToken = config.integer("bos_token_id", -1);
  model.padToken = config.integer("pad_token_id", -1);
  if (!config.has("eos_token_id")) return;
  const Json &eos = config.object().at("eos_token_id");
  for (const Json &id : eos.is_array() ? eos : Json::array({eos})) {
    if (!id.is_number_integer()) {
      config.fail({ErrorCode::MalformedFile, "The setting eos_token_id should be a token number or a list of them.",
                   config.where() + "#eos_token_id", ""});
      return;
    }
    if (model.eosTokens.size() < 64) model.eosTokens.push_back(id.get<int64_t>());
  }
}

void readBiases(ConfigReader &config, ModelConfig &model) {
  model.qkvBias = model.outputBias = config.flag("attention_bias", false);
  model.mlpBias = config.flag("mlp_bias", false);
}

void refuseWhatChangesTheResult(ConfigReader &config, const ModelConfig &model) {
  const std::string activation = config.text("hidden_act", "silu");
  if (activation != "silu" && activation != "swish") config.unsupported("hidden_act", "\"" + activation.substr(0, 40) + "\"");
  if (config.has("quantization_config")) config.unsupported("quantization_config", "(weights quantised by another tool)");
  // A Mistral config without the key means the class's default; null means none.
  const bool mistralDefault = model.family == "mistral" && !config.object().contains("sliding_window");
  if ((config.has("sliding_window") || mistralDefault) && config.integer("sliding_window", kMistralWindow) < model.context) {
    config.unsupported("sliding_window", "shorter than the context");
  }
  if (config.has("layer_types")) {
    const Json &kinds = config.object().at("layer_types");
    if (!kinds.is_array() || static_cast<int64_t>(kinds.size()) != model.layers) {
      config.fail(
          {ErrorCode::MalformedFile, "The setting layer_types should list one kind for each layer.", config.where() + "#layer_types", ""});
    } else {
      for (const Json &kind : kinds) {
        if (kind != "full_attention") return config.unsupported("layer_types", "other than full_attention");
      }
    }
  }
}

} // namespace

Status checkModelLimits(const ModelConfig &model, const std::string &where) {
  const auto malformed = [&](const std::string &message) {
    return Error{ErrorCode::MalformedFile, message, where, "The model's settings are damaged or not meant for this program."};
  };
  struct Bound {
    const char *what;
    int64_t value;
    int64_t most;
  };
  const Bound bounds[] = {
      {"hidden size", model.hidden, int64_t(1) << 20},
      {"intermediate size", model.intermediate, int64_t(1) << 22},
      {"number of layers", model.layers, 4096},
      {"number of attention heads", model.heads, 1 << 16},
      {"number of key-value heads", model.kvHeads, 1 << 16},
      {"head dimension", model.headDim, 1 << 13},
      {"vocabulary size", model.vocab, int64_t(1) << 24},
      {"context length", model.context, int64_t(1) << 31},
      {"attention width", model.heads > (1 << 16) || model.headDim > (1 << 13) ? 0 : model.qRows(), int64_t(1) << 22},
  };
  for (const Bound &bound : bounds) {
    if (bound.value < 1 || bound.value > bound.most) {
      return malformed("The model's " + std::string(bound.what) + " of " + std::to_string(bound.value) + " is not between 1 and " +
                       std::to_string(bound.most) + ".");
    }
  }
  if (model.heads % model.kvHeads != 0)
    return malformed("The number of attention heads is not a multiple of the number of key-value heads.");
  if (model.headDim % 2 != 0) return malformed("The head dimension is odd, so rotary positions cannot pair it.");
  if (!(model.normEps > 0 && model.normEps < 1)) return malformed("The epsilon of the norms is not between 0 and 1.");
  if (!(model.rope.theta >= 1 && model.rope.theta <= 1e15)) return malformed("The rotary base is not between 1 and 1e15.");
  if (!(model.rope.factor > 0 && model.rope.factor <= 1e6))
    return malformed("The factor of the rotary scaling is not above 0 and at most 1e6.");
  if (model.rope.scaling == "llama3") {
    const RopeConfig &rope = model.rope;
    const bool ordered =
        rope.lowFrequencyFactor > 0 && rope.highFrequencyFactor > rope.lowFrequencyFactor && rope.highFrequencyFactor <= 1e6;
    if (!ordered || rope.originalContext < 1 || rope.originalContext > (int64_t(1) << 31)) {
      return malformed("The settings of the llama3 rotary scaling contradict each other.");
    }
  }
  return {};
}

int64_t ModelConfig::parameterCount() const {
  const int64_t attention = hidden * (qRows() + 2 * kvRows()) + qRows() * hidden;
  const int64_t biases = (qkvBias ? qRows() + 2 * kvRows() : 0) + (outputBias ? hidden : 0) + (mlpBias ? 2 * intermediate + hidden : 0);
  const int64_t layer = attention + 3 * hidden * intermediate + 2 * hidden + biases + (qkNorm ? 2 * headDim : 0);
  return vocab * hidden * (tiedEmbeddings ? 1 : 2) + layers * layer + hidden;
}

Result<ModelConfig> parseModelConfig(const std::string &json, const std::string &where) {
  ATTUNE_TRY(const Json object, parseJson(json, where, kLimits));
  if (!object.is_object()) return Error{ErrorCode::MalformedFile, "A model's config.json must be one JSON object.", where, ""};
  ConfigReader config(object, where);

  ModelConfig model;
  const std::string type = config.text("model_type", "");
  if (config.has("architectures")) {
    const Json &list = object.at("architectures");
    if (!list.is_array() || list.empty() || !list.front().is_string()) {
      return Error{ErrorCode::MalformedFile, "The setting architectures should be a list with one name.", where + "#architectures", ""};
    }
    model.architecture = list.front().get<std::string>();
  } else if (type == "llama") {
    model.architecture = "LlamaForCausalLM";
  } else if (type == "mistral") {
    model.architecture = "MistralForCausalLM";
  }
  if (model.architecture == "LlamaForCausalLM")
    model.family = "llama";
  else if (model.architecture == "MistralForCausalLM")
    model.family = "mistral";
  else {
    const std::string name = model.architecture.empty() ? type : model.architecture;
    return Error{ErrorCode::UnsupportedModel, "The architecture \"" + name.substr(0, 80) + "\" is not supported.", where + "#architectures",
                 kSupported};
  }

  model.hidden = config.integer("hidden_size", std::nullopt);
  model.intermediate = config.integer("intermediate_size", std::nullopt);
  model.layers = config.integer("num_hidden_layers", std::nullopt);
  model.heads = config.integer("num_attention_heads", std::nullopt);
  model.kvHeads = config.integer("num_key_value_heads", model.heads);
  model.vocab = config.integer("vocab_size", std::nullopt);
  model.context = config.integer("max_position_embeddings", 2048);
  model.normEps = config.number("rms_norm_eps", 1e-6);
  model.tiedEmbeddings = config.flag("tie_word_embeddings", false);
  model.storedDtype = config.text("dtype", config.text("torch_dtype", ""));
  if (config.has("head_dim")) {
    model.headDim = config.integer("head_dim", std::nullopt);
  } else if (model.heads > 0) {
    model.headDim = model.hidden / model.heads;
    if (model.hidden % model.heads != 0) {
      config.fail({ErrorCode::MalformedFile, "hidden_size is not a multiple of num_attention_heads, and head_dim is missing.",
                   where + "#head_dim", ""});
    }
  }
  readRope(config, model);
  readTokens(config, model);
  readBiases(config, model);
  refuseWhatChangesTheResult(config, model);
  if (config.error()) return *config.error();
  ATTUNE_CHECK(checkModelLimits(model, where));
  return model;
}

} // namespace attune::io
