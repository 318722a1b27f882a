#include "core/io/adapter_tensors.h"

#include "core/base/ending.h"
#include "core/base/shorten.h"
#include "core/io/safetensors.h"

namespace attune::io {

namespace {

const std::string kPrefix = "base_model.model.";

/// The name without `ending`; nothing when it does not end so.
std::optional<std::string> without(const std::string &name, const std::string &ending) {
  if (!hasEnding(name, ending)) return {};
  return name.substr(0, name.size() - ending.size());
}

std::string placeOf(const StoredTensor &tensor) { return tensor.where + "#" + tensor.name; }

Status checkMatrix(const StoredTensor &tensor) {
  if (tensor.shape.size() != 2 || tensor.shape[0] < 1 || tensor.shape[1] < 1)
    return adapterMalformed("An adapter matrix does not have two dimensions.", placeOf(tensor));
  float none = 0; // of no element, this asks for the type alone
  if (!tensor.type || !convertToFloat(*tensor.type, tensor.bytes.data, 0, &none))
    return adapterRefused("the number type " + tensor.dtype, placeOf(tensor));
  return {};
}

Status sortTensor(const AdapterConfig &config, const StoredTensor &tensor, AdapterTensors &out) {
  const bool prefixed = tensor.name.compare(0, kPrefix.size(), kPrefix) == 0;
  const std::string name = prefixed ? tensor.name.substr(kPrefix.size()) : tensor.name;
  const auto a = without(name, ".lora_A.weight"), b = without(name, ".lora_B.weight");
  const auto embeddingA = without(name, ".lora_embedding_A"), embeddingB = without(name, ".lora_embedding_B");
  if (a || b || embeddingA || embeddingB) {
    if (!prefixed) return adapterMalformed("An adapter tensor's name does not begin with " + kPrefix + ".", placeOf(tensor));
    ATTUNE_CHECK(checkMatrix(tensor));
    AdapterPair &pair = out.pairs[a ? *a : b ? *b : embeddingA ? *embeddingA : *embeddingB];
    pair.ofEmbedding = pair.ofEmbedding || embeddingA || embeddingB;
    (a || embeddingA ? pair.a : pair.b) = tensor;
    return {};
  }
  const bool whole = without(name, ".weight") || without(name, ".bias");
  if (!prefixed || !whole || name.find(".lora_") != std::string::npos) return adapterTensorRefused(tensor);
  const auto base = without(name, ".base_layer.weight");
  const std::string replaced = base ? *base + ".weight" : name;
  out.replacements[replaced] = {tensor, base || !config.saves(replaced.substr(0, replaced.rfind('.')))};
  return {};
}

Status checkPair(const AdapterConfig &config, const std::string &path, const std::string &module, const AdapterPair &pair) {
  const std::string where = path + "#" + module;
  if (pair.a.name.empty() || pair.b.name.empty()) return adapterMalformed("One of the two matrices of " + module + " is missing.", where);
  if (pair.a.shape[0] != pair.b.shape[1]) return adapterMalformed("The two matrices of " + module + " differ in rank.", where);
  ATTUNE_CHECK(checkPromised(config, path, module, true));
  ATTUNE_TRY(const int64_t rank, config.rankOf(module));
  if (pair.a.shape[0] != rank) return adapterMalformed("The rank of " + module + " is not the one in adapter_config.json.", where);
  return {};
}

} // namespace

Error adapterTensorRefused(const StoredTensor &tensor) {
  return adapterRefused("the tensor " + shortened(tensor.name, 200), placeOf(tensor));
}

Status checkPromised(const AdapterConfig &config, const std::string &path, const std::string &module, bool inBlocks) {
  ATTUNE_TRY(const bool promised, config.promises(module, inBlocks));
  if (promised || !config.knowsTargets) return {};
  return adapterMalformed("The adapter holds matrices of " + module + ", which adapter_config.json does not name.", path + "#" + module);
}

Result<AdapterTensors> sortAdapterTensors(const AdapterConfig &config, const std::string &path, const std::vector<StoredTensor> &stored) {
  AdapterTensors out;
  for (const StoredTensor &tensor : stored) ATTUNE_CHECK(sortTensor(config, tensor, out));
  if (out.pairs.empty() && out.replacements.empty()) return adapterMalformed("The adapter holds no LoRA matrices.", path);
  for (const auto &[module, pair] : out.pairs) ATTUNE_CHECK(checkPair(config, path, module, pair));
  return out;
}

} // namespace attune::io
