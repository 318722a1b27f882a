#include "core/lora/lora_file.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/io/adapter_config.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace attune::core {
namespace {

constexpr const char *kPrefix = "base_model.model.";

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
    return io::adapterMalformed("An adapter matrix does not have two dimensions.", where);
  if (!entry.type) return io::adapterRefused("the number type " + entry.dtype, where);
  Tensor matrix = at::empty({entry.shape[0], entry.shape[1]}, at::TensorOptions().dtype(at::kFloat));
  if (!io::convertToFloat(*entry.type, file.bytes(entry).data, static_cast<uint64_t>(matrix.numel()), matrix.data_ptr<float>()))
    return io::adapterRefused("the number type " + entry.dtype, where);
  const float *const values = matrix.data_ptr<float>();
  if (!std::all_of(values, values + matrix.numel(), [](float value) { return std::isfinite(value); }))
    return io::adapterMalformed("An adapter matrix holds values that are not finite.", where);
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
  for (const Tensor &tensor : tensors) ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(tensor.data_ptr()), tensor.nbytes()}));
  ATTUNE_CHECK(writer.commit());
  return writeFileAtomic(folder + "/adapter_config.json", dumpJson(config) + "\n");
}

Result<LoraAdapter> readAdapter(const std::string &folder, const std::vector<LinearModule> &modules) {
  ATTUNE_TRY(const io::AdapterConfig config, io::readAdapterConfig(folder));
  const std::string weightsPath = folder + "/adapter_model.safetensors";
  ATTUNE_TRY(const auto file, insideFolder(io::SafetensorsFile::open(weightsPath)));

  std::map<std::string, LinearModule> known;
  for (const LinearModule &module : modules) known.emplace(module.name, module);
  std::map<std::string, std::pair<Tensor, Tensor>> found;
  for (const io::SafetensorsEntry &entry : file->entries()) {
    const std::string where = file->where() + "#" + entry.name;
    const std::string a = ".lora_A.weight", b = ".lora_B.weight", &name = entry.name;
    const bool isA = name.size() > a.size() && name.compare(name.size() - a.size(), a.size(), a) == 0;
    const bool isB = name.size() > b.size() && name.compare(name.size() - b.size(), b.size(), b) == 0;
    if (!isA && !isB) return io::adapterRefused("the tensor " + name, where);
    const std::string prefix = kPrefix;
    if (name.compare(0, prefix.size(), prefix) != 0)
      return io::adapterMalformed("An adapter tensor's name does not begin with " + prefix + ".", where);
    const std::string module = name.substr(prefix.size(), name.size() - prefix.size() - a.size());
    if (!known.count(module)) return mismatch("The model has no linear layer " + module + ".", where);
    ATTUNE_TRY(const Tensor matrix, readMatrix(*file, entry));
    (isA ? found[module].first : found[module].second) = matrix;
  }
  if (found.empty()) return io::adapterMalformed("The adapter holds no LoRA matrices.", weightsPath);

  LoraAdapter adapter;
  adapter.config = config.lora;
  for (const LinearModule &place : modules) { // in the model's order, whatever the file's
    const auto pair = found.find(place.name);
    if (pair == found.end()) {
      if (!config.promises(place.name, place.layer)) continue;
      return io::adapterMalformed("The adapter lacks the matrices of " + place.name + ", which adapter_config.json names.", weightsPath);
    }
    const std::string where = file->where() + "#" + place.name;
    LoraModule module;
    module.place = place;
    std::tie(module.a, module.b) = pair->second;
    if (!module.a.defined() || !module.b.defined())
      return io::adapterMalformed("One of the two matrices of " + place.name + " is missing.", where);
    if (module.a.size(0) != module.b.size(1)) return io::adapterMalformed("The two matrices of " + place.name + " differ in rank.", where);
    if (module.a.size(1) != place.inputs || module.b.size(0) != place.outputs())
      return mismatch("The adapter's matrices for " + place.name + " have other sizes than this model's layer.", where);
    if (module.rank() != config.rankOf(place.name))
      return io::adapterMalformed("The rank of " + place.name + " is not the one in adapter_config.json.", where);
    module.alpha = config.alphaOf(place.name);
    module.scale = loraScale(module.alpha, module.rank(), config.lora.rslora);
    adapter.modules.push_back(std::move(module));
  }
  return adapter;
}

} // namespace attune::core
