#include "core/io/model_tensors.h"

namespace attune::io {

std::vector<ExpectedTensor> expectedTensors(const ModelConfig &config) {
  std::vector<ExpectedTensor> list;
  const int64_t h = config.hidden, f = config.intermediate, q = config.qRows(), kv = config.kvRows();
  list.push_back({"model.embed_tokens.weight", {config.vocab, h}});
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    list.push_back({layer + "input_layernorm.weight", {h}});
    list.push_back({layer + "self_attn.q_proj.weight", {q, h}});
    list.push_back({layer + "self_attn.k_proj.weight", {kv, h}});
    list.push_back({layer + "self_attn.v_proj.weight", {kv, h}});
    list.push_back({layer + "self_attn.o_proj.weight", {h, q}});
    list.push_back({layer + "post_attention_layernorm.weight", {h}});
    list.push_back({layer + "mlp.gate_proj.weight", {f, h}});
    list.push_back({layer + "mlp.up_proj.weight", {f, h}});
    list.push_back({layer + "mlp.down_proj.weight", {h, f}});
    if (config.qkvBias) {
      list.push_back({layer + "self_attn.q_proj.bias", {q}});
      list.push_back({layer + "self_attn.k_proj.bias", {kv}});
      list.push_back({layer + "self_attn.v_proj.bias", {kv}});
    }
    if (config.outputBias) list.push_back({layer + "self_attn.o_proj.bias", {h}});
    if (config.mlpBias) {
      list.push_back({layer + "mlp.gate_proj.bias", {f}});
      list.push_back({layer + "mlp.up_proj.bias", {f}});
      list.push_back({layer + "mlp.down_proj.bias", {h}});
    }
  }
  list.push_back({"model.norm.weight", {h}});
  if (!config.tiedEmbeddings) list.push_back({"lm_head.weight", {config.vocab, h}});
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
