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
/// How the checkpoint stores q, k, v: apart, as one matrix of q, k and v rows, or as one with [q's of a group, k, v] a group.
enum class AttentionLayout { Split, Fused, Grouped };

struct RopeConfig {
  double theta = 10000.0;
  int64_t rotaryDims = 0;       // 0 = whole head
  bool interleaved = false;     // pairs (0,1),(2,3).. instead of halves
  std::string scaling = "none"; // none | linear | dynamic | yarn | longrope | llama3 | divisors
  double factor = 1.0;
  double attentionFactor = 1.0; // on cos and sin: yarn and longrope
  double lowFrequencyFactor = 1.0;
  double highFrequencyFactor = 4.0;
  double betaFast = 32.0, betaSlow = 1.0; // yarn
  bool truncate = true;                   // yarn: whole dimensions as borders of the ramp
  int64_t originalContext = 0;            // dynamic, yarn, longrope, llama3
  std::vector<float> divisors;            // of each frequency: a GGUF file's table that no named rule gives; longrope's short ones
  std::vector<float> longDivisors;        // longrope: for sequences beyond originalContext
};

/// What attention does differently from layer to layer.
struct LayerKind {
  bool rotates = true; // false: no positions here (NoPE), or ALiBi
  bool local = false;  // turns by localRope
  int64_t window = 0;  // 0 = sees everything before it
};

struct ModelConfig {
  std::string architecture; // "LlamaForCausalLM"
  std::string family;       // "llama": model_type, the name used in messages and registries
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
  bool sandwichNorms = false; // norms behind attention and feed-forward too
  bool qkNorm = false;
  bool qkvBias = false;
  bool outputBias = false;
  bool mlpBias = false;
  Activation activation = Activation::Silu;
  AttentionLayout layout = AttentionLayout::Split;
  bool fusedGateUp = false; // stored as one matrix, gate rows first
  PositionKind position = PositionKind::Rope;
  RopeConfig rope;
  RopeConfig localRope;              // of layers whose kind is local
  std::vector<LayerKind> layerKinds; // one a layer; empty: all alike, with slidingWindow
  double attentionScale = 0.0;       // 0 = 1/sqrt(headDim)
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
  LayerKind layerKind(int64_t layer) const;
  /// Parameters of the whole model, tied weights counted once.
  int64_t parameterCount() const;
};

/// ALiBi's slope of each head (Press et al. 2022); where heads is no power of two, as its authors' code does.
std::vector<float> alibiSlopes(int64_t heads);

/// For a model whose q, k, v rows are stored by group: the stored row of each row in the order q, k, v. Empty for the others.
std::vector<int64_t> groupedRows(const ModelConfig &config);

/// Parses the text of a config.json. UnsupportedModel names the setting that does not fit;
/// MalformedFile for absurd sizes (every dimension is bounded).
Result<ModelConfig> parseModelConfig(const std::string &json, const std::string &where);

} // namespace attune::io
