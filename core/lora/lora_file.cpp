#include "core/lora/lora_file.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sys/stat.h>

namespace attune::core {
namespace {

constexpr const char *kPrefix = "base_model.model.";
constexpr int64_t kMaxRank = 65536;

bool exists(const std::string &path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0;
}

/// A rank or an alpha of its own for some modules, in the file's order: the first that matches counts, as in PEFT.
template <typename Value> struct Pattern {
  std::string name; // of a module, or its last parts
  bool whole;       // the module's full name
  Value value;
};
template <typename Value> using Patterns = std::vector<Pattern<Value>>;

/// Settings of adapter_config.json that change the numbers.
struct FileConfig {
  api::LoraConfig lora;
  Patterns<int64_t> ranks;
  Patterns<double> alphas;
  Json targets;              // target_modules: a list of names, or one text
  std::vector<int64_t> layers; // layers_to_transform; empty = all
  std::vector<std::string> excluded;
};

Error refused(const std::string &what, const std::string &where) {
  return {ErrorCode::UnsupportedFormat, "This adapter uses " + what + ", which Attune cannot run.", where,
          "Use an adapter of plain LoRA matrices."};
}
Error malformed(const std::string &message, const std::string &where) {
  return {ErrorCode::MalformedFile, message, where, "Fetch or train the adapter again."};
}

bool isSet(const Json &value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get<std::string>().empty();
  if (value.is_array() || value.is_object()) return !value.empty();
  return true;
}

Status refuseBias(const Json &config, const std::string &where) {
  const auto bias = config.find("bias");
  if (bias != config.end() && *bias != "none") return refused("trained biases", where + "#bias");
  return {};
}

Status refuseFeatures(const Json &config, const std::string &where) {
  const auto type = config.find("peft_type");
  if (type == config.end() || !type->is_string()) return malformed("adapter_config.json has no peft_type.", where);
  if (type->get<std::string>() != "LORA") return refused("the method " + type->get<std::string>(), where + "#peft_type");
  for (const char *key : {"use_dora", "lora_bias", "modules_to_save", "fan_in_fan_out", "use_qalora", "layer_replication",
                          "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "use_bdlora", "megatron_config",
                          "arrow_config"}) {
    const auto found = config.find(key);
    if (found != config.end() && isSet(*found)) return refused(key, where + "#" + key);
  }
  // These start from a changed base, which PEFT rebuilds when it loads the adapter.
  const auto init = config.find("init_lora_weights");
  if (init != config.end() && init->is_string()) {
    const std::string name = init->get<std::string>();
    for (const char *plain : {"gaussian", "eva", "orthogonal"}) {
      if (name == plain) return refuseBias(config, where);
    }
    return refused("init_lora_weights " + name.substr(0, 40), where + "#init_lora_weights");
  }
  return refuseBias(config, where);
}

/// A rank_pattern or alpha_pattern key, which PEFT reads as a regular expression behind "(.*\\.)?".
template <typename Value> Result<Pattern<Value>> readPatternKey(const std::string &key, Value value, const std::string &where) {
  Pattern<Value> pattern{"", key.compare(0, 1, "^") == 0, value};
  for (size_t i = pattern.whole ? 1 : 0; i < key.size(); ++i) {
    if (key[i] == '\\' && i + 1 < key.size() && key[i + 1] == '.') {
      pattern.name += '.';
      ++i;
    } else if (std::string("\\*+?()[]{}|^$").find(key[i]) != std::string::npos) {
      return refused("a regular expression as a pattern", where);
    } else {
      pattern.name += key[i];
    }
  }
  return pattern;
}

template <typename Value>
Status readPattern(const Json &config, const char *key, double low, double high, Patterns<Value> &out, const std::string &where) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return {};
  if (!found->is_object()) return malformed(std::string(key) + " is not an object.", where + "#" + key);
  for (const auto &item : found->items()) {
    if (!item.value().is_number() || item.value().get<double>() < low || item.value().get<double>() > high)
      return malformed(std::string(key) + " has a value out of range.", where + "#" + key);
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

template <typename Value> Value patternValue(const Patterns<Value> &patterns, const std::string &module, Value otherwise) {
  for (const Pattern<Value> &pattern : patterns)
    if (pattern.whole ? module == pattern.name : endsModule(module, pattern.name)) return pattern.value;
  return otherwise;
}

/// Whether adapter_config.json promises matrices for this module. A text is a regular expression, which is not judged.
bool promised(const FileConfig &config, const LinearModule &module) {
  if (!config.targets.is_array()) return false;
  if (!config.layers.empty() && std::find(config.layers.begin(), config.layers.end(), module.layer) == config.layers.end()) return false;
  const auto names = [&](const std::string &name) { return endsModule(module.name, name); };
  if (std::any_of(config.excluded.begin(), config.excluded.end(), names)) return false;
  return std::any_of(config.targets.begin(), config.targets.end(), [&](const Json &target) { return target.is_string() && names(target.get<std::string>()); });
}

Result<FileConfig> readConfig(const std::string &path) {
  ATTUNE_TRY(const Json config, readJsonFile(path, size_t(16) << 20));
  if (!config.is_object()) return malformed("adapter_config.json is not an object.", path);
  ATTUNE_CHECK(refuseFeatures(config, path));
  FileConfig file;
  auto number = [&](const char *key, double otherwise, double low, double high) -> Result<double> {
    const auto found = config.find(key);
    if (found == config.end()) return otherwise;
    if (!found->is_number() || !(found->get<double>() >= low && found->get<double>() <= high))
      return malformed(std::string(key) + " is missing or out of range.", path + "#" + key);
    return found->get<double>();
  };
  ATTUNE_TRY(const double rank, number("r", 8, 1, kMaxRank));
  ATTUNE_TRY(file.lora.alpha, number("lora_alpha", 8, -1e9, 1e9));
  ATTUNE_TRY(file.lora.dropout, number("lora_dropout", 0, 0, 1));
  file.lora.rank = static_cast<int64_t>(rank);
  const auto rslora = config.find("use_rslora");
  if (rslora != config.end() && !rslora->is_null() && !rslora->is_boolean()) return malformed("use_rslora is neither true nor false.", path + "#use_rslora");
  file.lora.rslora = rslora != config.end() && isSet(*rslora);
  const auto targets = config.find("target_modules");
  if (targets != config.end()) file.targets = *targets;
  const auto layers = config.find("layers_to_transform");
  if (layers != config.end() && !layers->is_null()) {
    for (const Json &layer : layers->is_array() ? *layers : Json::array({*layers})) {
      if (!layer.is_number_integer()) return malformed("layers_to_transform is no list of layer numbers.", path + "#layers_to_transform");
      file.layers.push_back(layer.get<int64_t>());
    }
  }
  const auto excluded = config.find("exclude_modules");
  if (excluded != config.end() && excluded->is_string() && !excluded->get<std::string>().empty()) file.targets = nullptr; // a regular expression
  if (excluded != config.end() && excluded->is_array())
    for (const Json &name : *excluded)
      if (name.is_string()) file.excluded.push_back(name.get<std::string>());
  ATTUNE_CHECK(readPattern(config, "rank_pattern", 1, kMaxRank, file.ranks, path));
  ATTUNE_CHECK(readPattern(config, "alpha_pattern", -1e9, 1e9, file.alphas, path));
  return file;
}

/// target_modules as PEFT needs it to find the same layers: the shortest names that mean these and no others.
Json targetNames(const LoraAdapter &adapter, const std::vector<LinearModule> &all) {
  std::set<std::string> adapted, names;
  for (const LoraModule &module : adapter.modules) {
    adapted.insert(module.place.name);
    names.insert(module.place.name.substr(module.place.name.rfind('.') + 1));
  }
  const bool others = std::any_of(all.begin(), all.end(), [&](const LinearModule &module) {
    return !adapted.count(module.name) && names.count(module.name.substr(module.name.rfind('.') + 1));
  });
  Json list = Json::array();
  for (const std::string &name : others ? adapted : names) list.push_back(name);
  return list;
}

Result<Tensor> readMatrix(const io::SafetensorsFile &file, const io::SafetensorsEntry &entry) {
  const std::string where = file.where() + "#" + entry.name;
  if (entry.shape.size() != 2 || entry.shape[0] < 1 || entry.shape[1] < 1)
    return malformed("An adapter matrix does not have two dimensions.", where);
  if (!entry.type) return refused("the number type " + entry.dtype, where);
  Tensor matrix = at::empty({entry.shape[0], entry.shape[1]}, at::TensorOptions().dtype(at::kFloat));
  if (!io::convertToFloat(*entry.type, file.bytes(entry).data, static_cast<uint64_t>(matrix.numel()), matrix.data_ptr<float>()))
    return refused("the number type " + entry.dtype, where);
  const float *const values = matrix.data_ptr<float>();
  if (!std::all_of(values, values + matrix.numel(), [](float value) { return std::isfinite(value); }))
    return malformed("An adapter matrix holds values that are not finite.", where);
  return matrix;
}

Error mismatch(const std::string &message, const std::string &where) {
  return {ErrorCode::AdapterMismatch, message, where, "This adapter was made for another model; choose that one."};
}

} // namespace

Status writeAdapter(const std::string &folder, const LoraAdapter &adapter, const std::vector<LinearModule> &modules,
                    const std::string &baseModel) {
  ATTUNE_CHECK(makeFolders(folder));
  Json config = {{"peft_type", "LORA"}, {"task_type", "CAUSAL_LM"}, {"base_model_name_or_path", baseModel}, {"revision", nullptr}};
  config["r"] = adapter.config.rank;
  config["lora_alpha"] = adapter.config.alpha == std::floor(adapter.config.alpha) && std::abs(adapter.config.alpha) < 1e15
                             ? Json(static_cast<int64_t>(adapter.config.alpha))
                             : Json(adapter.config.alpha);
  config["lora_dropout"] = adapter.config.dropout;
  config["target_modules"] = targetNames(adapter, modules);
  config["bias"] = "none";
  config["fan_in_fan_out"] = false;
  config["inference_mode"] = true;
  config["init_lora_weights"] = true;
  config["use_rslora"] = adapter.config.rslora;
  config["use_dora"] = false;
  for (const char *key : {"modules_to_save", "layers_to_transform", "layers_pattern"}) config[key] = nullptr;
  config["rank_pattern"] = Json::object();
  config["alpha_pattern"] = Json::object();
  for (const LoraModule &module : adapter.modules) {
    if (module.rank() != adapter.config.rank) config["rank_pattern"][module.place.name] = module.rank();
    if (module.alpha != adapter.config.alpha) config["alpha_pattern"][module.place.name] = module.alpha;
  }

  std::vector<io::SafetensorsSpec> specs;
  std::vector<Tensor> tensors;
  for (const LoraModule &module : adapter.modules)
    for (const auto &[suffix, tensor] : {std::pair<const char *, Tensor>{".lora_A.weight", module.a}, {".lora_B.weight", module.b}}) {
      specs.push_back({kPrefix + module.place.name + suffix, io::DType::F32, tensor.sizes().vec()});
      tensors.push_back(tensor.detach().cpu().contiguous());
    }
  ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(folder + "/adapter_model.safetensors", specs));
  for (const Tensor &tensor : tensors)
    ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(tensor.data_ptr()), tensor.nbytes()}));
  ATTUNE_CHECK(writer.commit());
  return writeFileAtomic(folder + "/adapter_config.json", dumpJson(config) + "\n");
}

Result<LoraAdapter> readAdapter(const std::string &folder, const std::vector<LinearModule> &modules) {
  if (!exists(folder))
    return Error{ErrorCode::FileNotFound, "The adapter folder does not exist.", folder, "Check the path."};
  const std::string configPath = folder + "/adapter_config.json", weightsPath = folder + "/adapter_model.safetensors";
  for (const std::string &path : {configPath, weightsPath})
    if (!exists(path))
      return Error{ErrorCode::MissingInFolder, "The adapter folder lacks " + path.substr(folder.size() + 1) + ".", folder,
                   "An adapter folder holds adapter_config.json and adapter_model.safetensors."};
  ATTUNE_TRY(const FileConfig config, readConfig(configPath));
  ATTUNE_TRY(const auto file, io::SafetensorsFile::open(weightsPath));

  std::map<std::string, LinearModule> known;
  for (const LinearModule &module : modules) known.emplace(module.name, module);
  std::map<std::string, std::pair<Tensor, Tensor>> found;
  for (const io::SafetensorsEntry &entry : file->entries()) {
    const std::string where = file->where() + "#" + entry.name;
    const std::string a = ".lora_A.weight", b = ".lora_B.weight", &name = entry.name;
    const bool isA = name.size() > a.size() && name.compare(name.size() - a.size(), a.size(), a) == 0;
    const bool isB = name.size() > b.size() && name.compare(name.size() - b.size(), b.size(), b) == 0;
    if (!isA && !isB) return refused("the tensor " + name, where);
    const std::string prefix = kPrefix;
    if (name.compare(0, prefix.size(), prefix) != 0)
      return malformed("An adapter tensor's name does not begin with " + prefix + ".", where);
    const std::string module = name.substr(prefix.size(), name.size() - prefix.size() - a.size());
    if (!known.count(module)) return mismatch("The model has no linear layer " + module + ".", where);
    ATTUNE_TRY(const Tensor matrix, readMatrix(*file, entry));
    (isA ? found[module].first : found[module].second) = matrix;
  }
  if (found.empty()) return malformed("The adapter holds no LoRA matrices.", weightsPath);

  LoraAdapter adapter;
  adapter.config = config.lora;
  for (const LinearModule &place : modules) { // in the model's order, whatever the file's
    const auto pair = found.find(place.name);
    if (pair == found.end()) {
      if (!promised(config, place)) continue;
      return malformed("The adapter lacks the matrices of " + place.name + ", which adapter_config.json names.", weightsPath);
    }
    const std::string where = file->where() + "#" + place.name;
    LoraModule module;
    module.place = place;
    std::tie(module.a, module.b) = pair->second;
    if (!module.a.defined() || !module.b.defined())
      return malformed("One of the two matrices of " + place.name + " is missing.", where);
    if (module.a.size(0) != module.b.size(1)) return malformed("The two matrices of " + place.name + " differ in rank.", where);
    if (module.a.size(1) != place.inputs || module.b.size(0) != place.outputs())
      return mismatch("The adapter's matrices for " + place.name + " have other sizes than this model's layer.", where);
    if (module.rank() != patternValue(config.ranks, place.name, config.lora.rank))
      return malformed("The rank of " + place.name + " is not the one in adapter_config.json.", where);
    module.alpha = patternValue(config.alphas, place.name, config.lora.alpha);
    module.scale = loraScale(module.alpha, module.rank(), config.lora.rslora);
    adapter.modules.push_back(std::move(module));
  }
  return adapter;
}

} // namespace attune::core
