#include "core/lora/weight_changes.h"

#include "core/io/adapter_config.h"
#include "core/model/model_loader.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <set>

namespace attune::core {
namespace {

constexpr int64_t kBlockElements = 4 << 20; // of fp32 at a time

Status work(const WeightChange &change, const Tensor &target) {
  const int64_t rows = target.size(0), width = target.dim() == 2 ? target.size(1) : 1;
  const int64_t step = std::max<int64_t>(1, kBlockElements / std::max<int64_t>(1, width));
  for (int64_t begin = 0; begin < rows; begin += step) {
    const Tensor place = target.narrow(0, begin, std::min(step, rows - begin));
    Tensor block = change.replacement ? at::empty(place.sizes(), at::TensorOptions().dtype(at::kFloat))
                                      : place.to(at::TensorOptions().dtype(at::kFloat).device(at::kCPU), false, true);
    ATTUNE_CHECK(changeRows(change, begin, block));
    place.copy_(block);
  }
  if (change.replacement) change.replacement->release();
  return {};
}

/// Calls visit(Tensor &) for each tensor of `weights` of which a part changes. `untied`: the head has a place of its own.
template <typename Visit>
void forEachChanged(const WeightChanges &changes, const io::ModelConfig &untied, const ModelFamily &family, DecoderWeights &weights,
                    Visit visit) {
  std::set<const void *> touched; // packed tensors of which a part changes
  for (const WeightPlace &place : weightPlaces(untied, family, weights))
    if (changes.count(place.name)) touched.insert(place.target.storage().unsafeGetStorageImpl());
  const bool newEmbedding = changes.count(family.embedding + ".weight") > 0, newHead = changes.count(family.head + ".weight") > 0;
  forEachTensor(weights, [&](Tensor &tensor) {
    const bool isNew = &tensor == &weights.embedding.dense() ? newEmbedding // a tied head shares its storage
                       : &tensor == &weights.head.dense()    ? newHead
                                                             : touched.count(tensor.storage().unsafeGetStorageImpl()) > 0;
    if (isNew) visit(tensor);
  });
}

} // namespace

Status changeRows(const WeightChange &change, int64_t begin, Tensor block) {
  const int64_t count = block.size(0);
  const std::string where = change.replacement ? change.replacement->where + "#" + change.name : change.name;
  if (change.replacement && !change.replacement->readRows(begin, begin + count, block.data_ptr<float>()))
    return io::adapterRefused("the number type " + change.replacement->dtype, where);
  if (change.left.defined()) block.addmm_(change.left.narrow(0, begin, count), change.right, 1, change.scale);
  if (!at::isfinite(block).all().item().toBool()) return io::adapterMalformed("The adapter makes values that are not finite.", where);
  return {};
}

WeightChanges changesByName(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family) {
  const std::string embedding = family.embedding + ".weight", head = family.head + ".weight";
  WeightChanges changes;
  for (const WeightChange &change : adapter.changes) changes.emplace(change.name, change);
  if (!config.tiedEmbeddings) return changes;
  for (const auto &[from, to] : {std::pair(embedding, head), std::pair(head, embedding)}) {
    const auto own = changes.find(from);
    if (own == changes.end() || !own->second.ofBoth || changes.count(to)) continue;
    WeightChange other = own->second;
    other.left = other.right = Tensor();
    changes.emplace(to, std::move(other));
  }
  return changes;
}

int64_t changedBytes(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family, at::ScalarType type) {
  if (adapter.changes.empty()) return 0;
  io::ModelConfig untied = config;
  untied.tiedEmbeddings = false;
  DecoderWeights shapes = weightShapes(untied, type);
  int64_t bytes = 0;
  forEachChanged(changesByName(adapter, config, family), untied, family, shapes,
                 [&](const Tensor &tensor) { bytes += static_cast<int64_t>(tensor.nbytes()); });
  return bytes;
}

Result<DecoderWeights> changedWeights(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family,
                                      const DecoderWeights &base) {
  DecoderWeights tuned = base;
  if (adapter.changes.empty()) return tuned;
  at::NoGradGuard noGrad;
  const std::string head = family.head + ".weight";
  const WeightChanges changes = changesByName(adapter, config, family);

  io::ModelConfig untied = config;
  untied.tiedEmbeddings = false;
  for (const LinearModule &module : linearModules(config, family)) { // what trained whole is no longer quantised
    Weight &matrix = matrixOf(tuned.layers[static_cast<size_t>(module.layer)], module.matrix);
    if (matrix.quantised() && changes.count(module.name + ".weight")) matrix = matrix.quantised()->dense(base.finalNorm.scalar_type());
  }
  if (changes.count(head) && config.headNorm) // `base` may hold its rows normalised already
    return io::adapterRefused("a trained output head, on a model that normalises its head's rows", head);
  forEachChanged(changes, untied, family, tuned, [](Tensor &tensor) { tensor = tensor.clone(); });
  for (const WeightPlace &place : weightPlaces(untied, family, tuned)) {
    const auto change = changes.find(place.name);
    if (change == changes.end()) continue;
    if (place.storedRows) return io::adapterRefused("a whole trained matrix whose rows the model keeps by groups", place.name);
    ATTUNE_CHECK(work(change->second, place.target));
  }
  return tuned;
}

} // namespace attune::core
