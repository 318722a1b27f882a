// The configurable decoder, as data: everything a supported family may vary (core-facts §2).
// Read from config.json or GGUF metadata; no tensors. Plain values, any thread.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::io {

enum class Activation { Silu, GeluTanh, Gelu };
enum class PositionKind { Rope, Alibi, None };
enum class AttentionLayout { Split, WPack }; // how the checkpoint stores q, k, v

struct RopeConfig {
  double theta = 10000.0;
  int64_t rotaryDims = 0;       // 0 = whole head
  bool interleaved = false;     // pairs (0,1),(2,3).. instead of halves
  std::string scaling = "none"; // none | linear | dynamic | yarn | longrope | llama3 | divisors
  double factor = 1.0;
  double lowFrequencyFactor = 1.0;
  double highFrequencyFactor = 4.0;
  int64_t originalContext = 0;
  std::vector<float> divisors; // of each frequency: a GGUF file's table that no named rule gives
};

struct ModelConfig {
  std::string architecture; // "LlamaForCausalLM"
  std::string family;       // "llama", the name used in messages and registries
  int64_t hidden = 0;       // H
  int64_t intermediate = 0; // F
  int64_t layers = 0;       // L
  int64_t heads = 0;        // a
  int64_t kvHeads = 0;
  int64_t headDim = 0; // D
  int64_t vocab = 0;   // V
  int64_t context = 0; // max positions
  double normEps = 1e-6;
  bool normPlusOne = false;
  bool qkNorm = false;
  bool qkvBias = false;
  bool outputBias = false;
  bool mlpBias = false;
  Activation activation = Activation::Silu;
  AttentionLayout layout = AttentionLayout::Split;
  PositionKind position = PositionKind::Rope;
  RopeConfig rope;
  double attentionScale = 0.0; // 0 = 1/sqrt(headDim)
  double attentionSoftcap = 0.0;
  double finalSoftcap = 0.0;
  int64_t slidingWindow = 0; // 0 = none
  double embedScale = 1.0;
  bool tiedEmbeddings = false;
  bool headNorm = false; // Baichuan2's NormHead
  int64_t bosToken = -1;
  int64_t padToken = -1;
  std::vector<int64_t> eosTokens;
  std::string storedDtype; // "float32", "bfloat16", "q4_1", ... as found

  int64_t qRows() const { return heads * headDim; }
  int64_t kvRows() const { return kvHeads * headDim; }
  /// Parameters of the whole model, tied weights counted once.
  int64_t parameterCount() const;
};

/// Parses the text of a config.json. UnsupportedModel names the setting that does not fit;
/// MalformedFile for absurd sizes (every dimension is bounded).
Result<ModelConfig> parseModelConfig(const std::string &json, const std::string &where);

} // namespace attune::io
