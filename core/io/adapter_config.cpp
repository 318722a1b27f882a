#include "core/io/adapter_config.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/base/shorten.h"

#include <algorithm>
#include <filesystem>

namespace attune::io {

namespace {

bool isSet(const Json &value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get<std::string>().empty();
  if (value.is_array() || value.is_object()) return !value.empty();
  return true;
}

Status refuseBias(const Json &config, const std::string &where) {
  const auto bias = config.find("bias");
  if (bias != config.end() && *bias != "none") return adapterRefused("trained biases", where + "#bias");
  return {};
}

Status refuseFeatures(const Json &config, const std::string &where) {
  const auto type = config.find("peft_type");
  if (type == config.end() || !type->is_string()) return adapterMalformed("adapter_config.json has no peft_type.", where);
  if (type->get<std::string>() != "LORA") return adapterRefused("the method " + type->get<std::string>(), where + "#peft_type");
  for (const char *key :
       {"use_dora", "lora_bias", "modules_to_save", "fan_in_fan_out", "use_qalora", "layer_replication", "trainable_token_indices",
        "target_parameters", "alora_invocation_tokens", "use_bdlora", "megatron_config", "arrow_config"}) {
    const auto found = config.find(key);
    if (found != config.end() && isSet(*found)) return adapterRefused(key, where + "#" + key);
  }
  // These start from a changed base, which PEFT rebuilds when it loads the adapter.
  const auto init = config.find("init_lora_weights");
  if (init != config.end() && init->is_string()) {
    const std::string name = init->get<std::string>();
    for (const char *plain : {"gaussian", "eva", "orthogonal"}) {
      if (name == plain) return refuseBias(config, where);
    }
    return adapterRefused("init_lora_weights " + shortened(name), where + "#init_lora_weights");
  }
  return refuseBias(config, where);
}

/// A rank_pattern or alpha_pattern key, which PEFT reads as a regular expression behind "(.*\\.)?".
template <typename Value> Result<AdapterPattern<Value>> readPatternKey(const std::string &key, Value value, const std::string &where) {
  AdapterPattern<Value> pattern{"", key.compare(0, 1, "^") == 0, value};
  for (size_t i = pattern.whole ? 1 : 0; i < key.size(); ++i) {
    if (key[i] == '\\' && i + 1 < key.size() && key[i + 1] == '.') {
      pattern.name += '.';
      ++i;
    } else if (std::string("\\*+?()[]{}|^$").find(key[i]) != std::string::npos) {
      return adapterRefused("a regular expression as a pattern", where);
    } else {
      pattern.name += key[i];
    }
  }
  return pattern;
}

template <typename Value>
Status readPattern(const Json &config, const char *key, double low, double high, AdapterPatterns<Value> &out, const std::string &where) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return {};
  if (!found->is_object()) return adapterMalformed(std::string(key) + " is not an object.", where + "#" + key);
  for (const auto &item : found->items()) {
    if (!item.value().is_number() || item.value().get<double>() < low || item.value().get<double>() > high)
      return adapterMalformed(std::string(key) + " has a value out of range.", where + "#" + key);
    ATTUNE_TRY(auto pattern, readPatternKey<Value>(item.key(), item.value().get<Value>(), where + "#" + key));
    out.push_back(std::move(pattern));
  }
  return {};
}

/// Whether `name` is `module` or its last parts.
bool endsModule(const std::string &module, const std::string &name) {
  return module == name || (module.size() > name.size() && module[module.size() - name.size() - 1] == '.' &&
                            module.compare(module.size() - name.size(), name.size(), name) == 0);
}

template <typename Value> Value patternValue(const AdapterPatterns<Value> &patterns, const std::string &module, Value otherwise) {
  for (const AdapterPattern<Value> &pattern : patterns)
    if (pattern.whole ? module == pattern.name : endsModule(module, pattern.name)) return pattern.value;
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

int64_t AdapterConfig::rankOf(const std::string &module) const { return patternValue(ranks, module, lora.rank); }

double AdapterConfig::alphaOf(const std::string &module) const { return patternValue(alphas, module, lora.alpha); }

bool AdapterConfig::promises(const std::string &module, int64_t layer) const {
  if (!listsTargets) return false;
  if (!layers.empty() && std::find(layers.begin(), layers.end(), layer) == layers.end()) return false;
  const auto names = [&](const std::string &name) { return endsModule(module, name); };
  return std::none_of(excluded.begin(), excluded.end(), names) && std::any_of(lora.targets.begin(), lora.targets.end(), names);
}

Result<AdapterConfig> readAdapterConfig(const std::string &folder) {
  ATTUNE_CHECK(checkFolder(folder));
  const std::string path = folder + "/adapter_config.json";
  ATTUNE_TRY(const Json config, insideFolder(readJsonFile(path, size_t(16) << 20)));
  if (!config.is_object()) return adapterMalformed("adapter_config.json is not an object.", path);
  ATTUNE_CHECK(refuseFeatures(config, path));
  AdapterConfig file;
  auto number = [&](const char *key, double otherwise, double low, double high) -> Result<double> {
    const auto found = config.find(key);
    if (found == config.end()) return otherwise;
    if (!found->is_number() || !(found->get<double>() >= low && found->get<double>() <= high))
      return adapterMalformed(std::string(key) + " is missing or out of range.", path + "#" + key);
    return found->get<double>();
  };
  ATTUNE_TRY(const double rank, number("r", 8, 1, kMaxAdapterRank));
  ATTUNE_TRY(file.lora.alpha, number("lora_alpha", 8, -1e9, 1e9));
  ATTUNE_TRY(file.lora.dropout, number("lora_dropout", 0, 0, 1));
  file.lora.rank = static_cast<int64_t>(rank);
  const auto rslora = config.find("use_rslora");
  if (rslora != config.end() && !rslora->is_null() && !rslora->is_boolean())
    return adapterMalformed("use_rslora is neither true nor false.", path + "#use_rslora");
  file.lora.rslora = rslora != config.end() && isSet(*rslora);
  const auto targets = config.find("target_modules");
  if (targets != config.end() && targets->is_array()) {
    file.listsTargets = true;
    file.lora.targets.clear();
    for (const Json &name : *targets) {
      if (name.is_string()) file.lora.targets.push_back(name.get<std::string>());
    }
  }
  const auto layers = config.find("layers_to_transform");
  if (layers != config.end() && !layers->is_null()) {
    for (const Json &layer : layers->is_array() ? *layers : Json::array({*layers})) {
      if (!layer.is_number_integer())
        return adapterMalformed("layers_to_transform is no list of layer numbers.", path + "#layers_to_transform");
      file.layers.push_back(layer.get<int64_t>());
    }
  }
  const auto excluded = config.find("exclude_modules");
  if (excluded != config.end() && excluded->is_string() && !excluded->get<std::string>().empty())
    file.listsTargets = false; // a regular expression
  if (excluded != config.end() && excluded->is_array())
    for (const Json &name : *excluded)
      if (name.is_string()) file.excluded.push_back(name.get<std::string>());
  ATTUNE_CHECK(readPattern(config, "rank_pattern", 1, kMaxAdapterRank, file.ranks, path));
  ATTUNE_CHECK(readPattern(config, "alpha_pattern", -1e9, 1e9, file.alphas, path));
  return file;
}

std::string adapterWeightsPath(const std::string &folder) {
  const std::string path = folder + "/adapter_model.safetensors", pickled = folder + "/adapter_model.bin";
  std::error_code ignored;
  return !std::filesystem::exists(path, ignored) && std::filesystem::exists(pickled, ignored) ? pickled : path;
}

} // namespace attune::io
