#include "core/io/model_tensors.h"

#include "core/model/families/model_family.h"

namespace attune::io {

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

Status checkTensors(const WeightSource &source, const std::string &where) {
  for (const ExpectedTensor &expected : expectedTensors(source.config())) {
    const TensorInfo *found = source.find(expected.name);
    if (!found) {
      return Error{ErrorCode::MalformedFile, "The weights lack the tensor \"" + expected.name + "\".", where,
                   "The model is incomplete; download it again."};
    }
    if (found->shape != expected.shape) {
      return Error{ErrorCode::MalformedFile,
                   "The tensor \"" + expected.name + "\" is " + shapeText(found->shape) + ", but the model's settings say " +
                       shapeText(expected.shape) + ".",
                   found->file, "Settings and weights belong to different models."};
    }
    if (!readsAsFloat(found->type)) {
      return Error{ErrorCode::UnsupportedFormat,
                   "The tensor \"" + expected.name + "\" is stored as " + dtypeName(found->type) + ", which is not read.", found->file,
                   "Use the model's F32, F16 or BF16 files, or a GGUF file."};
    }
  }
  return {};
}

} // namespace attune::io
