// The model families the decoder can run: how their checkpoints name the parts, which flags they set, what their config.json
// says beyond the common settings. Immutable tables, any thread, no tensors. To add a family: a file with its table here,
// its line in families.h and in model_family.cpp.
#pragma once

#include "core/base/result.h"
#include "core/io/config_reader.h"
#include "core/io/model_config.h"

#include <string>
#include <utility>
#include <vector>

namespace attune::core {

/// Hugging Face module paths; those of a layer are relative to `layers` + index + ".".
struct ModelFamily {
  std::string name;                       // io::ModelConfig::family, config.json's model_type
  std::vector<std::string> architectures; // of config.json; the first is the usual one
  std::string title;                      // "Llama 2 and 3, SmolLM2"
  /// What the family's models share, and what its config.json means where it says nothing; dimensions of 0 must be given.
  io::ModelConfig defaults;
  /// Reads the family's own settings; the common ones stand in the model already.
  void (*read)(io::ConfigReader &config, io::ModelConfig &model) = nullptr;
  std::string activationKey = "hidden_act";
  std::string nestedConfig; // the language model's settings inside a larger model's config.json
  /// Older beginnings of tensor names in files, and the module paths they stand for today.
  std::vector<std::pair<std::string, std::string>> spellings;
  std::vector<std::string> otherParts; // beginnings of tensor names that are not the language model's
  std::string writtenAs;               // the family of the language model alone, which is what training it saves; empty = this

  std::string embedding = "model.embed_tokens";
  std::string layers = "model.layers.";
  std::string finalNorm = "model.norm";
  std::string head = "lm_head";
  std::string inputNorm = "input_layernorm";
  std::string attentionOutNorm; // with sandwichNorms
  std::string postNorm = "post_attention_layernorm";
  std::string feedForwardOutNorm; // with sandwichNorms
  std::string q = "self_attn.q_proj", k = "self_attn.k_proj", v = "self_attn.v_proj", output = "self_attn.o_proj";
  std::string qkv; // the one matrix of layouts Fused and Grouped
  std::string qNorm = "self_attn.q_norm", kNorm = "self_attn.k_norm";
  std::string gate = "mlp.gate_proj", up = "mlp.up_proj", down = "mlp.down_proj";
  std::string gateUp; // the one matrix with fusedGateUp
};

/// By architecture or model_type; null when there is none.
const ModelFamily *findFamily(const std::string &architecture);
const ModelFamily *findFamilyByType(const std::string &modelType);

/// "Supported here: ...": for the hint of a refusal.
std::string supportedModels();

/// The family of a config; UnsupportedModel when there is none.
Result<const ModelFamily *> familyOf(const io::ModelConfig &config);

/// The family whose names and config a fully trained model of this one is saved under.
const ModelFamily &writtenFamily(const ModelFamily &family);

/// layer_types of config.json, "sliding_attention" or "full_attention" for each layer; absent: what `slides` says.
/// The window is sliding_window, which must be there when a layer slides.
void readLayerTypes(io::ConfigReader &config, io::ModelConfig &model, bool (*slides)(const io::ModelConfig &model, int64_t layer));

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
  bool grouped = false; // its file has the rows in the order of io::groupedRows
  int64_t outputs() const { return rowEnd - rowBegin; }
};

/// Every linear layer of the blocks (the head is not one of them), layer by layer in the model's order.
std::vector<LinearModule> linearModules(const io::ModelConfig &config, const ModelFamily &family);

} // namespace attune::core
