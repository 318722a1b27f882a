#include "core/lora/lora_file.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/base/shorten.h"
#include "core/io/adapter_tensors.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
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

Error mismatch(const std::string &message, const std::string &where) {
  return {ErrorCode::AdapterMismatch, message, where, "This adapter was made for another model; choose that one."};
}

/// A matrix whose shape and type are checked.
Result<Tensor> readMatrix(const io::StoredTensor &stored, AdapterParts parts) {
  const bool shapeOnly = parts == AdapterParts::Shapes;
  Tensor matrix =
      at::empty({stored.shape[0], stored.shape[1]}, at::TensorOptions().dtype(at::kFloat).device(shapeOnly ? at::kMeta : at::kCPU));
  if (shapeOnly) return matrix;
  stored.readRows(0, stored.shape[0], matrix.data_ptr<float>());
  const float *const values = matrix.data_ptr<float>();
  if (!std::all_of(values, values + matrix.numel(), [](float value) { return std::isfinite(value); }))
    return io::adapterMalformed("An adapter matrix holds values that are not finite.", stored.where + "#" + stored.name);
  return matrix;
}

/// Reads the sorted tensors of one file, each checked against the model.
class AdapterReader {
public:
  AdapterReader(const io::AdapterConfig &config, const std::string &path, const std::vector<LinearModule> &modules,
                const std::vector<io::ExpectedTensor> &tensors, AdapterParts parts)
      : m_config(config), m_path(path), m_modules(modules), m_tensors(tensors), m_parts(parts) {
    for (const LinearModule &module : modules) m_linear.insert(module.name);
    for (const io::ExpectedTensor &tensor : tensors) m_shapes.emplace(tensor.name, tensor.shape);
  }

  Result<LoraAdapter> read(const std::vector<io::StoredTensor> &stored) {
    ATTUNE_TRY(m_file, io::sortAdapterTensors(m_config, m_path, stored));
    for (const auto &[module, pair] : m_file.pairs)
      if (!m_linear.count(module) && !m_shapes.count(module + ".weight"))
        return mismatch("The model has no layer " + shortened(module, 200) + ".", m_path + "#" + pair.a.name);
    for (const auto &[name, replacement] : m_file.replacements)
      if (!m_shapes.count(name)) return io::adapterTensorRefused(replacement.tensor);
    m_adapter.config = m_config.lora;
    for (const LinearModule &place : m_modules) ATTUNE_CHECK(addModule(place)); // in the model's order, whatever the file's
    for (const io::ExpectedTensor &tensor : m_tensors) ATTUNE_CHECK(addChange(tensor));
    if (!m_adapter.changes.empty() && m_config.tiesWeights) return io::adapterRefused("ensure_weight_tying", m_path);
    return std::move(m_adapter);
  }

private:
  struct Pair {
    Tensor a, b;
    bool ofEmbedding = false;
  };

  /// The checked pair of a module with these sizes; nothing when the adapter leaves the module alone.
  Result<std::optional<Pair>> pairOf(const std::string &module, bool inBlocks, int64_t inputs, int64_t outputs) {
    ATTUNE_TRY(const bool promised, m_config.promises(module, inBlocks));
    const auto found = m_file.pairs.find(module);
    if (found == m_file.pairs.end()) {
      if (promised)
        return io::adapterMalformed("The adapter lacks the matrices of " + module + ", which adapter_config.json names.", m_path);
      return std::optional<Pair>();
    }
    const std::string where = m_path + "#" + module;
    const io::AdapterPair &stored = found->second;
    ATTUNE_CHECK(io::checkPromised(m_config, m_path, module, inBlocks));
    if (stored.a.shape[1] != inputs || stored.b.shape[0] != outputs)
      return mismatch("The adapter's matrices for " + module + " have other sizes than this model's layer.", where);
    Pair pair;
    ATTUNE_TRY(pair.a, readMatrix(stored.a, m_parts));
    ATTUNE_TRY(pair.b, readMatrix(stored.b, m_parts));
    pair.ofEmbedding = stored.ofEmbedding;
    return std::optional<Pair>(std::move(pair));
  }

  Status addModule(const LinearModule &place) {
    ATTUNE_TRY(const std::optional<Pair> pair, pairOf(place.name, true, place.inputs, place.outputs()));
    if (!pair) return {};
    if (pair->ofEmbedding) return io::adapterMalformed(place.name + " is no embedding, but has embedding matrices.", m_path);
    LoraModule module;
    module.place = place;
    module.a = pair->a;
    module.b = pair->b;
    ATTUNE_TRY(module.alpha, m_config.alphaOf(place.name));
    module.scale = loraScale(module.alpha, module.rank(), m_config.lora.rslora);
    m_adapter.modules.push_back(std::move(module));
    return {};
  }

  Status addChange(const io::ExpectedTensor &tensor) {
    const std::string module = tensor.name.substr(0, tensor.name.rfind('.'));
    WeightChange change;
    change.name = tensor.name;
    const auto found = m_file.replacements.find(tensor.name);
    if (found != m_file.replacements.end()) {
      if (found->second.tensor.shape != tensor.shape)
        return mismatch("The adapter's " + tensor.name + " has another size than this model's.", m_path + "#" + tensor.name);
      change.replacement = found->second.tensor;
      change.ofBoth = found->second.ofBase;
    } else if (m_config.saves(module)) {
      return io::adapterMalformed("The adapter lacks " + tensor.name + ", which adapter_config.json names in modules_to_save.", m_path);
    }
    if (tensor.shape.size() == 2 && !m_linear.count(module)) { // embedding and head
      const bool isEmbedding = m_file.pairs.count(module) && m_file.pairs.at(module).ofEmbedding;
      ATTUNE_TRY(const std::optional<Pair> pair,
                 pairOf(module, false, tensor.shape[isEmbedding ? 0 : 1], tensor.shape[isEmbedding ? 1 : 0]));
      if (pair) {
        change.left = isEmbedding ? pair->a.t() : pair->b;
        change.right = isEmbedding ? pair->b.t() : pair->a;
        ATTUNE_TRY(const double alpha, m_config.alphaOf(module));
        change.scale = loraScale(alpha, pair->a.size(0), m_config.lora.rslora);
      }
    }
    if (change.replacement || change.left.defined()) m_adapter.changes.push_back(std::move(change));
    return {};
  }

  const io::AdapterConfig &m_config;
  const std::string &m_path;
  const std::vector<LinearModule> &m_modules;
  const std::vector<io::ExpectedTensor> &m_tensors;
  AdapterParts m_parts;
  std::set<std::string> m_linear;
  std::map<std::string, std::vector<int64_t>> m_shapes;
  io::AdapterTensors m_file;
  LoraAdapter m_adapter;
};

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

std::vector<io::ExpectedTensor> wholeTensors(const io::ModelConfig &config, const ModelFamily &family) {
  std::vector<io::ExpectedTensor> tensors = io::expectedTensors(config);
  if (config.tiedEmbeddings) tensors.push_back({family.head + ".weight", {config.vocab, config.hidden}});
  return tensors;
}

Result<LoraAdapter> readAdapter(const std::string &folder, const std::vector<LinearModule> &modules,
                                const std::vector<io::ExpectedTensor> &tensors, AdapterParts parts) {
  ATTUNE_TRY(const io::AdapterConfig config, io::readAdapterConfig(folder));
  const std::string path = io::adapterWeightsPath(folder);
  ATTUNE_TRY(const auto stored, insideFolder(io::openTensorFile(path)));
  return AdapterReader(config, path, modules, tensors, parts).read(stored);
}

} // namespace attune::core
