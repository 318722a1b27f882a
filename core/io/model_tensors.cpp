#include "core/io/model_tensors.h"

#include "core/base/ending.h"
#include "core/base/shorten.h"
#include "core/model/families/model_family.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace attune::io {

static const char *const kReadTypes = "Use the model's F32, F16 or BF16 files, or a GGUF file.";

std::vector<ExpectedTensor> expectedTensors(const ModelConfig &config) {
  std::vector<ExpectedTensor> list;
  const core::ModelFamily *family = core::findFamilyByType(config.family);
  if (!family) return list;
  const auto add = [&](const std::string &name, std::vector<int64_t> shape) { list.push_back({name, std::move(shape)}); };
  const int64_t h = config.hidden;
  add(family->embedding + ".weight", {config.vocab, h});
  const std::vector<core::LinearModule> modules = core::linearModules(config, *family);
  const auto perLayer = modules.size() / static_cast<size_t>(config.layers);
  for (size_t i = 0; i < static_cast<size_t>(config.layers); ++i) {
    const std::string layer = family->layers + std::to_string(i) + ".";
    const auto addWeights = [&](bool ofAttention) {
      for (size_t m = i * perLayer; m < (i + 1) * perLayer; ++m) {
        const bool attends = modules[m].matrix == core::PackedMatrix::Qkv || modules[m].matrix == core::PackedMatrix::Output;
        if (attends == ofAttention) add(modules[m].name + ".weight", {modules[m].outputs(), modules[m].inputs});
      }
    };
    add(layer + family->inputNorm + ".weight", {h});
    addWeights(true);
    if (config.qkNorm) {
      add(layer + family->qNorm + ".weight", {config.headDim});
      add(layer + family->kNorm + ".weight", {config.headDim});
    }
    if (config.sandwichNorms) add(layer + family->attentionOutNorm + ".weight", {h});
    add(layer + family->postNorm + ".weight", {h});
    addWeights(false);
    if (config.sandwichNorms) add(layer + family->feedForwardOutNorm + ".weight", {h});
    for (size_t m = i * perLayer; m < (i + 1) * perLayer; ++m)
      if (modules[m].bias) add(modules[m].name + ".bias", {modules[m].outputs()});
  }
  add(family->finalNorm + ".weight", {h});
  if (!config.tiedEmbeddings) add(family->head + ".weight", {config.vocab, h});
  return list;
}

static std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (const int64_t size : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(size);
  }
  return text.empty() ? "no dimensions" : text;
}

static bool readsAsFloat(DType type) {
  switch (type) {
  case DType::I8:
  case DType::U8:
  case DType::I16:
  case DType::U16:
  case DType::I32:
  case DType::U32:
  case DType::I64:
  case DType::U64:
  case DType::Bool:
  case DType::F8E4M3:
  case DType::F8E5M2: return false;
  default: return true;
  }
}

/// A scale, code or order that the tensor beside it means nothing without (fp8, GPTQ, AWQ, bitsandbytes, compressed-tensors).
static bool isOfQuantised(const std::string &name) {
  for (const char *ending : {".weight_scale_inv", ".weight_scale", ".weight_zero_point", ".weight_packed", ".qweight", ".qzeros", ".scales",
                             ".g_idx", ".SCB", ".weight.absmax", ".weight.quant_map"})
    if (hasEnding(name, ending)) return true;
  return false;
}

bool isApart(const std::string &name, const core::ModelFamily &family) {
  return std::any_of(family.otherParts.begin(), family.otherParts.end(),
                     [&](const std::string &part) { return name.compare(0, part.size(), part) == 0; });
}

std::vector<std::string> surplusTensors(const WeightSource &source) {
  std::vector<std::string> surplus;
  const core::ModelFamily *family = core::findFamilyByType(source.config().family);
  if (!family) return surplus;
  std::set<std::string> expected = {family->head + ".weight"}; // may be stored beside the embedding it is tied to
  for (ExpectedTensor &tensor : expectedTensors(source.config())) expected.insert(std::move(tensor.name));
  for (const TensorInfo &tensor : source.tensors()) {
    const bool computed = hasEnding(tensor.name, ".rotary_emb.inv_freq"); // stored by old versions of transformers
    if (!computed && !isApart(tensor.name, *family) && !expected.count(tensor.name)) surplus.push_back(tensor.name);
  }
  return surplus;
}

std::string surplusText(const std::vector<std::string> &surplus) {
  if (surplus.empty()) return "";
  const bool one = surplus.size() == 1;
  return std::to_string(surplus.size()) + (one ? " tensor is" : " tensors are") + " not of a model with these settings and not read" +
         (one ? ": \"" : ", the first is \"") + shortened(surplus.front()) + "\".";
}

Status checkFiniteTensors(const WeightSource &source) {
  constexpr int64_t kElements = 1 << 20; // read at a time
  std::vector<float> values;
  for (const ExpectedTensor &tensor : expectedTensors(source.config())) {
    const TensorInfo *info = source.find(tensor.name);
    if (!info || info->shape != tensor.shape) continue;
    const int64_t rows = tensor.shape.front(), width = info->elements() / rows, step = std::max<int64_t>(1, kElements / width);
    for (int64_t row = 0; row < rows; row += step) {
      const int64_t end = std::min(rows, row + step);
      values.resize(static_cast<size_t>((end - row) * width));
      ATTUNE_CHECK(source.readFloat(tensor.name, row, end, values.data()));
      if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
        return Error{ErrorCode::MalformedFile, "The tensor \"" + tensor.name + "\" holds values that are NaN or infinite.",
                     info->file + "#" + tensor.name,
                     "The weights are damaged; download the model again, or go back to an earlier checkpoint."};
    }
    source.release(tensor.name);
  }
  return {};
}

Status checkTensors(const WeightSource &source, const std::string &where) {
  if (const core::ModelFamily *family = core::findFamilyByType(source.config().family)) {
    for (const TensorInfo &tensor : source.tensors()) {
      if (isOfQuantised(tensor.name) && !isApart(tensor.name, *family))
        return Error{ErrorCode::UnsupportedFormat,
                     "The tensor \"" + shortened(tensor.name) + "\" belongs to weights that another tool quantised, which are not read.",
                     tensor.file, kReadTypes};
    }
  }
  for (const ExpectedTensor &expected : expectedTensors(source.config())) {
    const TensorInfo *found = source.find(expected.name);
    if (!found) {
      return Error{ErrorCode::MalformedFile, "The weights lack the tensor \"" + expected.name + "\".", where,
                   "The model is incomplete; download it again."};
    }
    if (!readsAsFloat(found->type)) {
      return Error{ErrorCode::UnsupportedFormat,
                   "The tensor \"" + expected.name + "\" is stored as " + dtypeName(found->type) + ", which is not read.", found->file,
                   kReadTypes};
    }
    if (found->shape != expected.shape) {
      return Error{ErrorCode::MalformedFile,
                   "The tensor \"" + expected.name + "\" is " + shapeText(found->shape) + ", but the model's settings say " +
                       shapeText(expected.shape) + ".",
                   found->file, "Settings and weights belong to different models."};
    }
  }
  return {};
}

} // namespace attune::io
