#include "core/lora/lora_file.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/base/shorten.h"
#include "core/io/adapter_config.h"
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

/// The name without `ending`; nothing when it does not end so.
std::optional<std::string> without(const std::string &name, const std::string &ending) {
  if (name.size() <= ending.size() || name.compare(name.size() - ending.size(), ending.size(), ending) != 0) return {};
  return name.substr(0, name.size() - ending.size());
}

Error mismatch(const std::string &message, const std::string &where) {
  return {ErrorCode::AdapterMismatch, message, where, "This adapter was made for another model; choose that one."};
}

Result<Tensor> readMatrix(const io::StoredTensor &stored, AdapterParts parts) {
  const std::string where = stored.where + "#" + stored.name;
  if (stored.shape.size() != 2 || stored.shape[0] < 1 || stored.shape[1] < 1)
    return io::adapterMalformed("An adapter matrix does not have two dimensions.", where);
  const bool shapeOnly = parts == AdapterParts::Shapes;
  Tensor matrix =
      at::empty({stored.shape[0], stored.shape[1]}, at::TensorOptions().dtype(at::kFloat).device(shapeOnly ? at::kMeta : at::kCPU));
  if (shapeOnly) return matrix;
  if (!stored.readRows(0, stored.shape[0], matrix.data_ptr<float>())) return io::adapterRefused("the number type " + stored.dtype, where);
  const float *const values = matrix.data_ptr<float>();
  if (!std::all_of(values, values + matrix.numel(), [](float value) { return std::isfinite(value); }))
    return io::adapterMalformed("An adapter matrix holds values that are not finite.", where);
  return matrix;
}

/// Sorts the tensors of one file by what they do, then checks each module's against config and model.
class AdapterReader {
public:
  AdapterReader(const io::AdapterConfig &config, const std::string &path, const std::vector<LinearModule> &modules,
                const std::vector<io::ExpectedTensor> &tensors, AdapterParts parts)
      : m_config(config), m_path(path), m_modules(modules), m_tensors(tensors), m_parts(parts) {
    for (const LinearModule &module : modules) m_linear.insert(module.name);
    for (const io::ExpectedTensor &tensor : tensors) m_shapes.emplace(tensor.name, tensor.shape);
  }

  Result<LoraAdapter> read(const std::vector<io::StoredTensor> &stored) {
    for (const io::StoredTensor &tensor : stored) ATTUNE_CHECK(sort(tensor));
    if (m_pairs.empty() && m_replacements.empty()) return io::adapterMalformed("The adapter holds no LoRA matrices.", m_path);
    m_adapter.config = m_config.lora;
    for (const LinearModule &place : m_modules) ATTUNE_CHECK(addModule(place)); // in the model's order, whatever the file's
    for (const io::ExpectedTensor &tensor : m_tensors) ATTUNE_CHECK(addChange(tensor));
    if (!m_adapter.changes.empty() && m_config.tiesWeights) return io::adapterRefused("ensure_weight_tying", m_path);
    return std::move(m_adapter);
  }

private:
  /// [r, in] and [out, r]; of an embedding [r, V] and [H, r].
  struct Pair {
    Tensor a, b;
    bool ofEmbedding = false;
  };
  struct Replacement {
    io::StoredTensor tensor;
    bool ofBase = false;
  };

  Status sort(const io::StoredTensor &tensor) {
    const std::string where = tensor.where + "#" + tensor.name, prefix = kPrefix;
    const bool prefixed = tensor.name.compare(0, prefix.size(), prefix) == 0;
    const std::string name = prefixed ? tensor.name.substr(prefix.size()) : tensor.name;
    const auto a = without(name, ".lora_A.weight"), b = without(name, ".lora_B.weight");
    const auto embeddingA = without(name, ".lora_embedding_A"), embeddingB = without(name, ".lora_embedding_B");
    const bool isMatrix = a || b || embeddingA || embeddingB;
    const auto base = without(name, ".base_layer.weight");
    const std::string whole = base ? *base + ".weight" : name;
    if (!isMatrix && (!prefixed || !m_shapes.count(whole))) return io::adapterRefused("the tensor " + shortened(tensor.name, 200), where);
    if (!prefixed) return io::adapterMalformed("An adapter tensor's name does not begin with " + prefix + ".", where);
    if (!isMatrix) {
      const std::string module = whole.substr(0, whole.rfind('.'));
      m_replacements[whole] = {tensor, base || !m_config.saves(module)};
      return {};
    }
    const std::string module = a ? *a : b ? *b : embeddingA ? *embeddingA : *embeddingB;
    if (!m_linear.count(module) && !m_shapes.count(module + ".weight"))
      return mismatch("The model has no layer " + shortened(module, 200) + ".", where);
    Pair &pair = m_pairs[module];
    pair.ofEmbedding = pair.ofEmbedding || embeddingA || embeddingB;
    ATTUNE_TRY((a || embeddingA ? pair.a : pair.b), readMatrix(tensor, m_parts));
    return {};
  }

  /// The checked pair of a module with these sizes; nothing when the adapter leaves the module alone.
  Result<const Pair *> pairOf(const std::string &module, bool inBlocks, int64_t inputs, int64_t outputs) {
    ATTUNE_TRY(const bool promised, m_config.promises(module, inBlocks));
    const auto found = m_pairs.find(module);
    const std::string where = m_path + "#" + module;
    if (found == m_pairs.end()) {
      if (promised)
        return io::adapterMalformed("The adapter lacks the matrices of " + module + ", which adapter_config.json names.", m_path);
      return static_cast<const Pair *>(nullptr);
    }
    const Pair &pair = found->second;
    if (!promised && m_config.knowsTargets)
      return io::adapterMalformed("The adapter holds matrices of " + module + ", which adapter_config.json does not name.", where);
    if (!pair.a.defined() || !pair.b.defined()) return io::adapterMalformed("One of the two matrices of " + module + " is missing.", where);
    if (pair.a.size(0) != pair.b.size(1)) return io::adapterMalformed("The two matrices of " + module + " differ in rank.", where);
    if (pair.a.size(1) != inputs || pair.b.size(0) != outputs)
      return mismatch("The adapter's matrices for " + module + " have other sizes than this model's layer.", where);
    ATTUNE_TRY(const int64_t rank, m_config.rankOf(module));
    if (pair.a.size(0) != rank) return io::adapterMalformed("The rank of " + module + " is not the one in adapter_config.json.", where);
    return &pair;
  }

  Status addModule(const LinearModule &place) {
    ATTUNE_TRY(const Pair *const pair, pairOf(place.name, true, place.inputs, place.outputs()));
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
    const auto found = m_replacements.find(tensor.name);
    if (found != m_replacements.end()) {
      if (found->second.tensor.shape != tensor.shape)
        return mismatch("The adapter's " + tensor.name + " has another size than this model's.", m_path + "#" + tensor.name);
      change.replacement = found->second.tensor;
      change.ofBoth = found->second.ofBase;
    } else if (m_config.saves(module)) {
      return io::adapterMalformed("The adapter lacks " + tensor.name + ", which adapter_config.json names in modules_to_save.", m_path);
    }
    if (tensor.shape.size() == 2 && !m_linear.count(module)) { // embedding and head
      const bool isEmbedding = m_pairs.count(module) && m_pairs.at(module).ofEmbedding;
      ATTUNE_TRY(const Pair *const pair, pairOf(module, false, tensor.shape[isEmbedding ? 0 : 1], tensor.shape[isEmbedding ? 1 : 0]));
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
  std::map<std::string, Pair> m_pairs;
  std::map<std::string, Replacement> m_replacements;
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
