#include "core/io/describe.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/io/adapter_tensors.h"
#include "core/io/gguf_model.h"
#include "core/io/hf_folder.h"
#include "core/io/model_facts.h"
#include "core/io/model_tensors.h"
#include "core/io/safetensors.h"
#include "core/io/stored_tensor.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace attune::io {

namespace {

constexpr size_t kMaxShownText = 200;
constexpr size_t kMaxShownKeys = 1000; // an ordered JSON object searches its keys one by one

bool exists(const std::string &path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

void addConfig(Description &result, const ModelConfig &config) {
  result.model.config = config;
  result.model.sizes = sizesByBits(config);
  const api::ModelSizes &sizes = result.model.sizes;
  Json &facts = result.facts;
  facts["architecture"] = config.architecture;
  facts["family"] = config.family;
  facts["parameters"] = config.parameterCount();
  facts["bytes_at_bits"] = {{"16", sizes.bits16}, {"8", sizes.bits8}, {"4", sizes.bits4}};
  facts["dtype"] = config.storedDtype;
  facts["hidden_size"] = config.hidden;
  facts["intermediate_size"] = config.intermediate;
  facts["layers"] = config.layers;
  facts["heads"] = config.heads;
  facts["kv_heads"] = config.kvHeads;
  facts["head_dim"] = config.headDim;
  facts["vocab_size"] = config.vocab;
  facts["context"] = config.context;
  facts["tied_embeddings"] = config.tiedEmbeddings;
  const bool rotates = config.position == PositionKind::Rope;
  facts["positions"] = rotates ? "rope" : config.position == PositionKind::Alibi ? "alibi" : "none";
  int64_t window = 0; // of the layers that have one
  for (int64_t layer = 0; layer < config.layers; ++layer) window = std::max(window, config.layerKind(layer).window);
  if (window > 0) facts["sliding_window"] = window;
  if (rotates) facts["rope"] = {{"theta", config.rope.theta}, {"scaling", config.rope.scaling}, {"factor", config.rope.factor}};
  facts["bos_token"] = config.bosToken;
  facts["eos_tokens"] = config.eosTokens;
}

Description ofModel(const char *kind, const char *format, const std::string &path) {
  Description result;
  result.facts = {{"kind", kind}, {"format", format}, {"path", path}, {"problems", Json::array()}};
  result.model.format = format;
  return result;
}

/// Lists tensors and sums them up by type.
class TensorTable {
public:
  void add(const std::string &name, const std::string &dtype, const std::vector<int64_t> &shape, uint64_t bytes) {
    m_list.push_back({{"name", name}, {"dtype", dtype}, {"shape", shape}, {"bytes", bytes}});
    m_bytes += bytes;
    m_types[dtype] += bytes;
  }
  void into(Json &facts) const {
    facts["tensor_count"] = m_list.size();
    facts["tensor_bytes"] = m_bytes;
    Json types = Json::object();
    for (const auto &type : m_types) types[type.first] = type.second;
    facts["bytes_by_dtype"] = types;
    facts["tensors"] = m_list;
  }

private:
  Json m_list = Json::array();
  uint64_t m_bytes = 0;
  std::map<std::string, uint64_t> m_types;
};

void addTensors(Json &facts, const WeightSource &source) {
  TensorTable table;
  for (const TensorInfo &tensor : source.tensors()) table.add(tensor.name, dtypeName(tensor.type), tensor.shape, tensor.bytes);
  table.into(facts);
}

void addTensors(Json &facts, const std::vector<StoredTensor> &tensors) {
  TensorTable table;
  uint64_t parameters = 0;
  for (const StoredTensor &tensor : tensors) {
    uint64_t elements = 1;
    for (const int64_t size : tensor.shape) elements *= static_cast<uint64_t>(size);
    table.add(tensor.name, tensor.dtype, tensor.shape, tensor.type ? elements * elementBytes(*tensor.type) : tensor.bytes.size);
    if (tensor.type) parameters += elements;
  }
  table.into(facts);
  facts["parameters"] = parameters;
}

void noteSurplus(Description &result, const WeightSource &source, const std::string &path) {
  const std::string text = surplusText(surplusTensors(source));
  if (!text.empty()) result.problem({ErrorCode::UnsupportedModel, text, path, ""});
}

std::string scalarText(const GgufFile &file, const std::string &key) {
  if (const auto text = file.text(key)) return std::string(text->substr(0, kMaxShownText));
  if (const auto flag = file.flag(key)) return *flag ? "true" : "false";
  if (const auto whole = file.integer(key)) return std::to_string(*whole);
  if (const auto number = file.number(key)) return Json(*number).dump();
  const GgufValue *value = file.find(key);
  return value && value->type == GgufValueType::Array ? "list of " + std::to_string(value->count) : "";
}

} // namespace

void Description::problem(const Error &what) {
  problems.push_back(what);
  facts["problems"].push_back({{"code", errorCodeName(what.code)}, {"message", what.message}, {"where", what.where}});
}

Description describeModelFolder(const std::string &path) {
  Description result = ofModel("model", "huggingface", path);
  addFolderFacts(result, path);
  const auto settings = openHfFolder(path, true);
  if (!settings.ok()) {
    result.error = settings.error();
    return result;
  }
  addConfig(result, (*settings)->config());
  result.model.tokenizer = exists(path + "/tokenizer.json")    ? "tokenizer.json"
                           : exists(path + "/tekken.json")     ? "tekken.json"
                           : exists(path + "/tokenizer.model") ? "tokenizer.model"
                                                               : "none";
  result.facts["tokenizer"] = result.model.tokenizer;
  const auto source = openHfFolder(path, false);
  if (!source.ok()) {
    // A folder without weights is still good for tokenize and plan; damaged weights are not good for anything.
    if (source.error().code != ErrorCode::MissingInFolder) result.error = source.error();
    result.problem(source.error());
    return result;
  }
  addTensors(result.facts, **source);
  result.model.hasWeights = true;
  const Status complete = checkTensors(**source, path);
  if (!complete.ok()) {
    result.problem(complete.error());
    result.error = complete.error();
  }
  noteSurplus(result, **source, path);
  return result;
}

Description describeGguf(const std::string &path) {
  Description result = ofModel("gguf", "gguf", path);
  const auto file = GgufFile::open(path);
  if (!file.ok()) {
    result.error = file.error();
    return result;
  }
  result.facts["version"] = (*file)->version();
  const auto config = ggufModelConfig(**file);
  if (config.ok()) addConfig(result, *config);
  TensorTable table;
  for (const GgufTensor &tensor : (*file)->tensors()) {
    const char *name = ggmlTypeTraits(tensor.type).name;
    table.add(tensor.name, name ? name : "type " + std::to_string(tensor.type), tensor.shape, tensor.bytes);
  }
  table.into(result.facts);
  Json metadata = Json::object();
  for (const std::string &key : (*file)->keys()) {
    if (metadata.size() >= kMaxShownKeys) break;
    metadata[key] = scalarText(**file, key);
  }
  result.facts["metadata"] = metadata;
  if (const auto license = (*file)->text("general.license"))
    result.facts["license"] = result.model.license = std::string(license->substr(0, kMaxShownText));
  result.facts["tokenizer"] = result.model.tokenizer = std::string((*file)->text("tokenizer.ggml.model").value_or("none"));
  result.facts["chat_template"] = (*file)->text("tokenizer.chat_template").has_value();

  result.model.hasWeights = !(*file)->tensors().empty();
  const Status data = (*file)->checkData();
  Status usable = !data.ok() ? data : config.ok() ? Status() : Status(config.error());
  if (usable.ok() && result.model.hasWeights) {
    const auto source = ggufWeightSource(*file, false);
    usable = source.ok() ? checkTensors(**source, path) : Status(source.error());
  }
  if (!usable.ok()) {
    result.problem(usable.error());
    result.error = usable.error();
  }
  return result;
}

Description describeSafetensors(const std::string &path) {
  Description result;
  result.facts = {{"kind", "safetensors"}, {"format", "safetensors"}, {"path", path}, {"problems", Json::array()}};
  const auto file = SafetensorsFile::open(path);
  if (!file.ok()) {
    result.error = file.error();
    return result;
  }
  Json metadata = Json::object();
  for (const auto &item : (*file)->metadata()) {
    if (metadata.size() >= kMaxShownKeys) break;
    metadata[item.first] = item.second.substr(0, kMaxShownText);
  }
  result.facts["metadata"] = metadata;
  TensorTable table;
  for (const SafetensorsEntry &entry : (*file)->entries()) table.add(entry.name, entry.dtype, entry.shape, entry.bytes);
  table.into(result.facts);
  return result;
}

Description describeTorchFile(const std::string &path) {
  Description result;
  result.facts = {{"kind", "torch"}, {"format", "torch"}, {"path", path}, {"problems", Json::array()}};
  const auto tensors = openTensorFile(path);
  if (tensors.ok())
    addTensors(result.facts, *tensors);
  else
    result.error = tensors.error();
  return result;
}

Description describeAdapterFolder(const std::string &path) {
  Description result;
  result.facts = {{"kind", "adapter"}, {"format", "peft"}, {"path", path}, {"problems", Json::array()}};
  const auto shown = insideFolder(readJsonFile(path + "/adapter_config.json", size_t(1) << 20));
  if (!shown.ok()) {
    result.error = shown.error();
    return result;
  }
  for (const char *key :
       {"peft_type", "base_model_name_or_path", "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules",
        "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern", "modules_to_save", "use_rslora", "use_dora"}) {
    if (shown->is_object() && shown->contains(key) && !shown->at(key).is_null()) result.facts[key] = shown->at(key);
  }
  const auto usable = readAdapterConfig(path);
  if (!usable.ok()) {
    result.problem(usable.error());
    result.error = usable.error();
  }
  const auto tensors = insideFolder(openTensorFile(adapterWeightsPath(path)));
  if (!tensors.ok()) {
    result.problem(tensors.error());
    if (!result.error) result.error = tensors.error();
    return result;
  }
  addTensors(result.facts, *tensors);
  if (!usable.ok()) return result;
  const auto sorted = sortAdapterTensors(*usable, adapterWeightsPath(path), *tensors);
  if (!sorted.ok()) {
    result.problem(sorted.error());
    result.error = sorted.error();
  }
  return result;
}

} // namespace attune::io
