#include "core/export/output_plan.h"

#include "core/io/model_tensors.h"
#include "core/io/safetensors.h"
#include "core/nn/head_norm.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace attune::core {
namespace {

io::DType writtenType(const io::TensorInfo &tensor, std::optional<io::DType> wanted) {
  if (wanted) return *wanted;
  switch (tensor.type) {
  case io::DType::F32:
  case io::DType::F64: return io::DType::F32;
  case io::DType::BF16: return io::DType::BF16;
  default: return io::DType::F16; // GGUF's blocks are scaled by fp16 numbers
  }
}

/// Everything the adapter changes, LoRA in the blocks too, by the source's tensors.
WeightChanges allChanges(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family) {
  WeightChanges changes = changesByName(adapter, config, family);
  for (const LoraModule &module : adapter.modules) {
    WeightChange &change = changes[module.place.name + ".weight"];
    change.name = module.place.name + ".weight";
    change.left = module.b;
    change.right = module.a;
    change.scale = module.scale;
  }
  return changes;
}

/// Whether a head and an embedding that are one stay one.
bool staysTied(const WeightChanges &changes, const std::string &embedding, const std::string &head) {
  const auto e = changes.find(embedding), h = changes.find(head);
  if (e == changes.end() && h == changes.end()) return true;
  if (e == changes.end() || h == changes.end() || e->second.left.defined() || h->second.left.defined()) return false;
  if (!e->second.replacement || !h->second.replacement) return false;
  const io::StoredTensor &one = *e->second.replacement, &other = *h->second.replacement;
  return one.type == other.type && one.strides == other.strides && one.bytes.size == other.bytes.size &&
         std::memcmp(one.bytes.data, other.bytes.data, one.bytes.size) == 0;
}

/// The plan's frame: settings, changes, and whether the head is still the embedding.
Result<OutputPlan> begun(const io::WeightSource &source, const LoraAdapter &adapter) {
  ATTUNE_TRY(const ModelFamily *family, familyOf(source.config()));
  OutputPlan plan;
  plan.config = source.config();
  plan.changes = allChanges(adapter, plan.config, *family);
  plan.config.tiedEmbeddings =
      plan.config.tiedEmbeddings && staysTied(plan.changes, family->embedding + ".weight", family->head + ".weight");
  return plan;
}

/// What a plain Llama of today's transformers does not compute; empty when it computes all of this model.
std::string notLlama(const io::ModelConfig &c) {
  if (c.position == io::PositionKind::Alibi) return "ALiBi positions (Baichuan 13B)";
  if (c.position != io::PositionKind::Rope) return "layers without positions";
  if (c.qkNorm) return "normalised queries and keys";
  if (c.sandwichNorms || c.normPlusOne) return "norms of another kind";
  if (c.attentionSoftcap != 0 || c.finalSoftcap != 0) return "soft caps";
  if (c.attentionScale != 0) return "attention scale of its own";
  if (c.embedScale != 1.0) return "scaled embeddings";
  if (c.outputBias && !c.qkvBias) return "bias behind attention only";
  if (c.rope.interleaved || (c.rope.rotaryDims > 0 && c.rope.rotaryDims != c.headDim)) return "partly or otherwise rotated heads";
  if (c.rope.scaling == "divisors") return "rotary scaling of the kind " + c.rope.scaling;
  for (int64_t layer = 0; layer < c.layers; ++layer) {
    const io::LayerKind kind = c.layerKind(layer);
    if (!kind.rotates || kind.local) return "layers with positions of another kind";
    if (kind.window > 0 && kind.window < c.context) return "sliding window of " + std::to_string(kind.window) + " tokens";
  }
  return "";
}

} // namespace

uint64_t OutputTensor::bytes() const {
  uint64_t count = io::elementBytes(type);
  for (const int64_t size : shape) count *= static_cast<uint64_t>(size);
  return count;
}

uint64_t OutputPlan::bytes() const {
  uint64_t sum = 0;
  for (const OutputTensor &tensor : tensors) sum += tensor.bytes();
  return sum;
}

std::string OutputPlan::dtype() const {
  std::map<io::DType, uint64_t> sizes;
  for (const OutputTensor &tensor : tensors) sizes[tensor.type] += tensor.bytes();
  const auto most = std::max_element(sizes.begin(), sizes.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
  if (most == sizes.end()) return "float32";
  return most->first == io::DType::F32 ? "float32" : most->first == io::DType::F16 ? "float16" : "bfloat16";
}

io::DType OutputPlan::typeOf(const std::string &sourceTensor) const {
  for (const OutputTensor &tensor : tensors)
    if (tensor.from == sourceTensor) return tensor.type;
  return tensors.front().type; // a tied head that is not written: its embedding has been rounded already
}

Result<OutputPlan> planMerge(const io::WeightSource &source, const LoraAdapter &adapter, std::optional<io::DType> type) {
  ATTUNE_TRY(OutputPlan plan, begun(source, adapter));
  const ModelFamily &family = **familyOf(source.config());
  std::set<std::string> known;
  for (const io::ExpectedTensor &tensor : io::expectedTensors(source.config())) known.insert(tensor.name);
  for (const io::TensorInfo &tensor : source.tensors()) {
    if (known.count(tensor.name) || io::isApart(tensor.name, family))
      plan.tensors.push_back({tensor.name, writtenType(tensor, type), tensor.shape, tensor.name, tensor.name, 0, nullptr, false});
  }
  if (plan.config.tiedEmbeddings != source.config().tiedEmbeddings) {
    const std::string embedding = family.embedding + ".weight", head = family.head + ".weight";
    const io::TensorInfo &tensor = *source.find(embedding);
    plan.tensors.push_back({head, writtenType(tensor, type), tensor.shape, embedding, head, 0, nullptr, false});
  }
  return plan;
}

Result<OutputPlan> planLlama(const io::WeightSource &source, const LoraAdapter &adapter, std::optional<io::DType> type) {
  const io::ModelConfig &from = source.config();
  if (const std::string reason = notLlama(from); !reason.empty())
    return Error{ErrorCode::UnsupportedModel, "A plain Llama has no " + reason + ", so this model cannot be written as one.", "",
                 "Use merge: it keeps the model's own architecture."};
  ATTUNE_TRY(OutputPlan plan, begun(source, adapter));
  const ModelFamily &family = **familyOf(from), &llama = *findFamilyByType("llama");
  io::ModelConfig &c = plan.config;
  c.family = llama.name;
  c.architecture = llama.architectures.front();
  c.layout = io::AttentionLayout::Split;
  c.fusedGateUp = false;
  c.slidingWindow = 0;
  c.layerKinds.clear();
  plan.foldsHeadNorm = std::exchange(c.headNorm, false);
  c.outputBias = c.qkvBias; // one flag of config.json; zeros where there was none
  const auto add = [&](const std::string &name, const std::string &stored, std::vector<int64_t> shape,
                       const std::string &change) -> OutputTensor & {
    const io::TensorInfo *info = source.find(stored.empty() ? family.embedding + ".weight" : stored);
    plan.tensors.push_back({name, writtenType(*info, type), std::move(shape), stored, change, 0, nullptr, false});
    return plan.tensors.back();
  };
  add(llama.embedding + ".weight", family.embedding + ".weight", {c.vocab, c.hidden}, family.embedding + ".weight");
  const std::vector<LinearModule> theirs = linearModules(from, family), ours = linearModules(c, llama);
  const std::vector<int64_t> grouped = io::groupedRows(from);
  const size_t perLayer = ours.size() / static_cast<size_t>(c.layers);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string to = llama.layers + std::to_string(i) + ".", own = family.layers + std::to_string(i) + ".";
    add(to + llama.inputNorm + ".weight", own + family.inputNorm + ".weight", {c.hidden}, own + family.inputNorm + ".weight");
    add(to + llama.postNorm + ".weight", own + family.postNorm + ".weight", {c.hidden}, own + family.postNorm + ".weight");
    for (size_t m = static_cast<size_t>(i) * perLayer; m < (static_cast<size_t>(i) + 1) * perLayer; ++m) {
      const LinearModule &module = ours[m];
      const LinearModule &stored = *std::find_if(theirs.begin(), theirs.end(), [&](const LinearModule &one) {
        return one.layer == module.layer && one.matrix == module.matrix && one.rowBegin <= module.rowBegin && module.rowEnd <= one.rowEnd;
      });
      const auto place = [&](OutputTensor &tensor) {
        if (stored.grouped)
          tensor.rows = std::make_shared<const std::vector<int64_t>>(grouped.begin() + module.rowBegin, grouped.begin() + module.rowEnd);
        else
          tensor.firstRow = module.rowBegin - stored.rowBegin;
      };
      place(add(module.name + ".weight", stored.name + ".weight", {module.outputs(), module.inputs}, stored.name + ".weight"));
      const std::string bias = stored.bias ? stored.name + ".bias" : "";
      if (module.bias) place(add(module.name + ".bias", bias, {module.outputs()}, bias));
    }
  }
  add(llama.finalNorm + ".weight", family.finalNorm + ".weight", {c.hidden}, family.finalNorm + ".weight");
  if (c.tiedEmbeddings) return plan;
  const std::string head = family.head + ".weight";
  add(llama.head + ".weight", from.tiedEmbeddings ? family.embedding + ".weight" : head, {c.vocab, c.hidden}, head).unitRows =
      plan.foldsHeadNorm;
  return plan;
}

Error typeTooNarrow(const std::string &tensor, io::DType type) {
  return {ErrorCode::NotFinite, "The tensor " + tensor + " holds values that " + io::dtypeName(type) + " cannot hold.", tensor,
          type == io::DType::F16 ? "Use --dtype bf16 or fp32." : "The model's own weights are damaged."};
}

Status readOutputRows(const io::WeightSource &source, const OutputPlan &plan, const OutputTensor &tensor, int64_t begin, Tensor block) {
  at::NoGradGuard noGrad;
  const int64_t count = block.size(0);
  if (tensor.from.empty()) {
    block.zero_();
    return {};
  }
  const auto stored = [&](int64_t row) { return tensor.rows ? (*tensor.rows)[static_cast<size_t>(row)] : tensor.firstRow + row; };
  const auto change = plan.changes.find(tensor.change);
  for (int64_t row = 0, next; row < count; row = next) { // rows that lie together in the file
    for (next = row + 1; next < count && stored(begin + next) == stored(begin + next - 1) + 1;) ++next;
    Tensor part = block.narrow(0, row, next - row);
    const int64_t first = stored(begin + row);
    if (change == plan.changes.end() || !change->second.replacement)
      ATTUNE_CHECK(source.readFloat(tensor.from, first, first + next - row, part.data_ptr<float>()));
    if (change != plan.changes.end()) ATTUNE_CHECK(changeRows(change->second, first, part));
  }
  if (tensor.unitRows) normaliseRowsInPlace(block);
  return {};
}

} // namespace attune::core
