// Which model families the decoder can run and how their checkpoints name the parts. One file a family under families/.
// Immutable tables, any thread. To add a family: a file with its table, and its line in model_registry.cpp.
#pragma once

#include "core/base/result.h"
#include "core/io/model_config.h"

#include <string>
#include <vector>

namespace attune::core {

/// Hugging Face module paths; those of a layer are relative to `layers` + index + ".".
struct ModelFamily {
  std::string name; // io::ModelConfig::family
  std::string embedding = "model.embed_tokens";
  std::string layers = "model.layers.";
  std::string finalNorm = "model.norm";
  std::string head = "lm_head";
  std::string inputNorm = "input_layernorm";
  std::string postNorm = "post_attention_layernorm";
  std::string q = "self_attn.q_proj", k = "self_attn.k_proj", v = "self_attn.v_proj", output = "self_attn.o_proj";
  std::string qNorm = "self_attn.q_norm", kNorm = "self_attn.k_norm";
  std::string gate = "mlp.gate_proj", up = "mlp.up_proj", down = "mlp.down_proj";
};

/// The family of a config; UnsupportedModel when there is none or when a setting is beyond the decoder.
Result<const ModelFamily *> familyOf(const io::ModelConfig &config);

enum class PackedMatrix { Qkv, Output, GateUp, Down };

/// One linear layer as Hugging Face and PEFT see it, and the rows it occupies in a packed matrix of ours.
struct LinearModule {
  std::string name; // "model.layers.0.self_attn.q_proj"
  int64_t layer = 0;
  PackedMatrix matrix = PackedMatrix::Qkv;
  int64_t rowBegin = 0;
  int64_t rowEnd = 0;
  int64_t inputs = 0;
  bool bias = false;
  int64_t outputs() const { return rowEnd - rowBegin; }
};

/// Every linear layer of the blocks (the head is not one of them), layer by layer in the model's order.
std::vector<LinearModule> linearModules(const io::ModelConfig &config, const ModelFamily &family);

} // namespace attune::core
