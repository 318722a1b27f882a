#include "core/io/adapter_config.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/base/shorten.h"

#include <algorithm>
#include <filesystem>

namespace attune::io {

namespace {

constexpr size_t kMaxConfigBytes = size_t(16) << 20;
constexpr size_t kMaxPatterns = 2000; // one for each linear layer of a model of 280 layers

bool isSet(const Json &value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get<std::string>().empty();
  if (value.is_array() || value.is_object()) return !value.empty();
  return true;
}

const Json *setValue(const Json &config, const char *key) {
  const auto found = config.find(key);
  return found != config.end() && isSet(*found) ? &*found : nullptr;
}

Status refuseFeatures(const Json &config, const std::string &where) {
  const auto type = config.find("peft_type");
  if (type == config.end() || !type->is_string()) return adapterMalformed("adapter_config.json has no peft_type.", where);
  if (type->get<std::string>() != "LORA") return adapterRefused("the method " + shortened(type->get<std::string>()), where + "#peft_type");
  for (const char *key :
       {"use_dora", "lora_bias", "fan_in_fan_out", "use_qalora", "layer_replication", "trainable_token_indices", "target_parameters",
        "alora_invocation_tokens", "use_bdlora", "megatron_config", "arrow_config", "kasa_config", "velora_config", "monteclora_config"})
    if (setValue(config, key)) return adapterRefused(key, where + "#" + key);
  const auto bias = config.find("bias");
  if (bias != config.end() && *bias != "none") return adapterRefused("trained biases", where + "#bias");
  // Some ways to begin start from a changed base, which PEFT rebuilds when it loads the adapter.
  const auto init = config.find("init_lora_weights");
  if (init == config.end() || !init->is_string()) return {};
  const std::string name = init->get<std::string>();
  if (name == "gaussian" || name == "eva" || name == "orthogonal") return {};
  return adapterRefused("init_lora_weights " + shortened(name), where + "#init_lora_weights");
}

/// Whether `name` is `module` or its last parts.
bool endsModule(const std::string &module, const std::string &name) {
  return module == name || (module.size() > name.size() && module[module.size() - name.size() - 1] == '.' &&
                            module.compare(module.size() - name.size(), name.size(), name) == 0);
}

class ConfigReader {
public:
  ConfigReader(const Json &config, const std::string &where) : m_config(config), m_where(where) {}

  Result<double> number(const char *key, double otherwise, double low, double high) const {
    const auto found = m_config.find(key);
    if (found == m_config.end()) return otherwise;
    if (!found->is_number() || !(found->get<double>() >= low && found->get<double>() <= high))
      return malformed(key, " is missing or out of range.");
    return found->get<double>();
  }

  Result<bool> flag(const char *key) const {
    const auto found = m_config.find(key);
    if (found == m_config.end() || found->is_null()) return false;
    if (!found->is_boolean()) return malformed(key, " is neither true nor false.");
    return found->get<bool>();
  }

  /// A list of names; a string on its own is a list of one.
  Result<std::vector<std::string>> names(const char *key) const {
    std::vector<std::string> list;
    const Json *value = setValue(m_config, key);
    if (!value) return list;
    for (const Json &name : value->is_array() ? *value : Json::array({*value})) {
      if (!name.is_string() || list.size() >= kMaxPatterns) return malformed(key, " is no list of names.");
      list.push_back(name.get<std::string>());
    }
    return list;
  }

  /// A list of names, or a string that is a regular expression.
  Result<ModuleNames> modules(const char *key) const {
    ModuleNames made;
    const Json *value = setValue(m_config, key);
    if (value && value->is_string()) {
      ATTUNE_TRY(made.pattern, NamePattern::compile(value->get<std::string>(), NamePattern::Extent::Whole, field(key)));
      return made;
    }
    ATTUNE_TRY(made.list, names(key));
    return made;
  }

  Result<std::optional<std::vector<int64_t>>> layers(const char *key) const {
    const auto found = m_config.find(key);
    if (found == m_config.end() || found->is_null()) return std::optional<std::vector<int64_t>>();
    std::vector<int64_t> list;
    for (const Json &layer : found->is_array() ? *found : Json::array({*found})) {
      if (!layer.is_number_integer()) return malformed(key, " is no list of layer numbers.");
      list.push_back(layer.get<int64_t>());
    }
    if (found->is_array() && list.empty()) return std::optional<std::vector<int64_t>>(); // no restriction, as in PEFT
    return std::optional<std::vector<int64_t>>(std::move(list));
  }

  template <typename Value> Result<AdapterPatterns<Value>> patterns(const char *key, double low, double high) const {
    AdapterPatterns<Value> made;
    const auto found = m_config.find(key);
    if (found == m_config.end() || found->is_null()) return made;
    if (!found->is_object() || found->size() > kMaxPatterns) return malformed(key, " is not an object.");
    for (const auto &item : found->items()) {
      if (!item.value().is_number() || item.value().template get<double>() < low || item.value().template get<double>() > high)
        return malformed(key, " has a value out of range.");
      ATTUNE_TRY(auto pattern, NamePattern::compile("(.*\\.)?(" + item.key() + ")$", NamePattern::Extent::Beginning, field(key)));
      made.emplace_back(std::move(pattern), item.value().template get<Value>());
    }
    return made;
  }

  std::string field(const char *key) const { return m_where + "#" + key; }
  Error malformed(const char *key, const char *what) const { return adapterMalformed(std::string(key) + what, field(key)); }

private:
  const Json &m_config;
  const std::string &m_where;
};

template <typename Value> Result<Value> patternValue(const AdapterPatterns<Value> &patterns, const std::string &module, Value otherwise) {
  for (const auto &[pattern, value] : patterns) {
    ATTUNE_TRY(const bool matches, pattern.matches(module));
    if (matches) return value;
  }
  return otherwise;
}

} // namespace

Error adapterRefused(const std::string &what, const std::string &where) {
  return {ErrorCode::UnsupportedFormat, "This adapter uses " + what + ", which Attune cannot run.", where,
          "Use an adapter of plain LoRA matrices."};
}

Error adapterMalformed(const std::string &message, const std::string &where) {
  return {ErrorCode::MalformedFile, message, where, "Fetch or train the adapter again."};
}

Result<int64_t> AdapterConfig::rankOf(const std::string &module) const { return patternValue(ranks, module, lora.rank); }

Result<double> AdapterConfig::alphaOf(const std::string &module) const { return patternValue(alphas, module, lora.alpha); }

bool AdapterConfig::saves(const std::string &module) const {
  return std::any_of(savedModules.begin(), savedModules.end(), [&](const std::string &name) { // PEFT's rule: no dot needed
    return module.size() >= name.size() && module.compare(module.size() - name.size(), name.size(), name) == 0;
  });
}

Result<bool> AdapterConfig::promises(const std::string &module, bool inBlocks) const {
  if (!knowsTargets) return false;
  const auto names = [&](const std::string &name) { return endsModule(module, name); };
  if (excluded.pattern) {
    ATTUNE_TRY(const bool out, excluded.pattern->matches(module));
    if (out) return false;
  }
  if (std::any_of(excluded.list.begin(), excluded.list.end(), names)) return false;
  for (const NamePattern &saved : insideSaved) {
    ATTUNE_TRY(const bool out, saved.matches(module));
    if (out) return false;
  }
  if (targets.pattern) return targets.pattern->matches(module);
  if (targets.list.empty()) return inBlocks; // all-linear
  if (std::find(targets.list.begin(), targets.list.end(), module) != targets.list.end()) return true;
  if (std::none_of(targets.list.begin(), targets.list.end(), names)) return false;
  if (!layers) return true;
  for (const NamePattern &pattern : layerPatterns) {
    ATTUNE_TRY(const std::optional<std::string> index, pattern.index(module));
    if (!index) continue;
    return std::any_of(layers->begin(), layers->end(), [&](int64_t layer) { return std::to_string(layer) == *index; });
  }
  return false;
}

Result<AdapterConfig> parseAdapterConfig(const std::string &json, const std::string &where) {
  ATTUNE_TRY(const Json config, parseJson(json, where));
  if (!config.is_object()) return adapterMalformed("adapter_config.json is not an object.", where);
  ATTUNE_CHECK(refuseFeatures(config, where));
  const ConfigReader reader(config, where);
  AdapterConfig file;
  ATTUNE_TRY(const double rank, reader.number("r", 8, 1, kMaxAdapterRank));
  ATTUNE_TRY(file.lora.alpha, reader.number("lora_alpha", 8, -1e9, 1e9));
  ATTUNE_TRY(file.lora.dropout, reader.number("lora_dropout", 0, 0, 1));
  file.lora.rank = static_cast<int64_t>(rank);
  ATTUNE_TRY(file.lora.rslora, reader.flag("use_rslora"));
  ATTUNE_TRY(file.tiesWeights, reader.flag("ensure_weight_tying"));

  const Json *targets = setValue(config, "target_modules");
  file.knowsTargets = targets != nullptr;
  if (targets && !(targets->is_string() && *targets == "all-linear")) {
    ATTUNE_TRY(file.targets, reader.modules("target_modules"));
    if (!file.targets.list.empty()) file.lora.targets = file.targets.list;
  }
  ATTUNE_TRY(file.excluded, reader.modules("exclude_modules"));
  ATTUNE_TRY(file.layers, reader.layers("layers_to_transform"));
  ATTUNE_TRY(const std::vector<std::string> layerPatterns, reader.names("layers_pattern"));
  if (targets && targets->is_string() && (file.layers || !layerPatterns.empty()))
    return reader.malformed("layers_to_transform", " and layers_pattern do not go with a target_modules of one expression.");
  if (!layerPatterns.empty() && !file.layers) return reader.malformed("layers_pattern", " needs layers_to_transform.");
  const auto addLayerPattern = [&](const std::string &pattern) -> Status {
    ATTUNE_TRY(auto compiled, NamePattern::compile(pattern, NamePattern::Extent::Beginning, reader.field("layers_pattern")));
    file.layerPatterns.push_back(std::move(compiled));
    return {};
  };
  for (const std::string &pattern : layerPatterns) ATTUNE_CHECK(addLayerPattern("(?:^|.*?\\.)" + pattern + "\\.(?P<idx>\\d+)\\."));
  if (layerPatterns.empty()) ATTUNE_CHECK(addLayerPattern(".*?\\.[^.]*\\.(?P<idx>\\d+)\\."));
  ATTUNE_TRY(file.savedModules, reader.names("modules_to_save"));
  for (const std::string &name : file.savedModules) {
    ATTUNE_TRY(auto inside,
               NamePattern::compile("(^|.*\\.)" + name + "($|\\..*)", NamePattern::Extent::Beginning, reader.field("modules_to_save")));
    file.insideSaved.push_back(std::move(inside));
  }
  ATTUNE_TRY(file.ranks, reader.patterns<int64_t>("rank_pattern", 1, kMaxAdapterRank));
  ATTUNE_TRY(file.alphas, reader.patterns<double>("alpha_pattern", -1e9, 1e9));
  return file;
}

Result<AdapterConfig> readAdapterConfig(const std::string &folder) {
  ATTUNE_CHECK(checkFolder(folder));
  const std::string path = folder + "/adapter_config.json";
  ATTUNE_TRY(const std::string text, insideFolder(readFile(path, kMaxConfigBytes)));
  return parseAdapterConfig(text, path);
}

std::string adapterWeightsPath(const std::string &folder) {
  const std::string path = folder + "/adapter_model.safetensors", pickled = folder + "/adapter_model.bin";
  std::error_code ignored;
  return !std::filesystem::exists(path, ignored) && std::filesystem::exists(pickled, ignored) ? pickled : path;
}

} // namespace attune::io
