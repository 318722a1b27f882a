#include "core/io/gguf_architecture.h"

#include "core/io/gguf_metadata.h"
#include "core/io/gguf_rope.h"
#include "core/io/model_limits.h"
#include "core/model/families/model_family.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace attune::io {

namespace {

const GgufArchitecture kArchitectures[] = {
    {"llama", "llama", true, false},       {"qwen2", "qwen2", false, false},        {"qwen3", "qwen3", false, false},
    {"gemma2", "gemma2", false, true},     {"gemma3", "gemma3_text", false, true},  {"phi3", "phi3", false, false},
    {"glm4", "glm4", false, false},        {"internlm2", "internlm2", true, false}, {"smollm3", "smollm3", true, false},
    {"baichuan", "baichuan", true, false},
};

int64_t vocabSize(const GgufFile &file, const std::string &prefix) {
  const GgufTensor *embedding = file.findTensor("token_embd.weight");
  if (embedding && embedding->shape.size() == 2) return embedding->shape[0];
  if (const auto size = file.integer(prefix + "vocab_size")) return *size;
  const GgufValue *tokens = file.find("tokenizer.ggml.tokens");
  return tokens && tokens->type == GgufValueType::Array ? static_cast<int64_t>(std::min<uint64_t>(tokens->count, uint64_t(1) << 40)) : 0;
}

/// The type that most bytes are stored in, as config.json would spell it.
std::string storedDtype(const GgufFile &file) {
  std::map<std::string, uint64_t> bytes;
  for (const GgufTensor &tensor : file.tensors()) {
    const char *name = ggmlTypeTraits(tensor.type).name;
    if (name) bytes[name] += std::min(tensor.bytes, uint64_t(1) << 50);
  }
  const auto most = std::max_element(bytes.begin(), bytes.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
  if (most == bytes.end()) return "";
  if (most->first == "F32") return "float32";
  if (most->first == "F16") return "float16";
  if (most->first == "BF16") return "bfloat16";
  std::string name = most->first;
  for (char &c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

/// Window on all layers of a period but its last one, as Gemma has them.
void slideByPattern(MetadataReader &metadata, ModelConfig &config, int64_t pattern) {
  pattern = metadata.integer("attention.sliding_window_pattern", pattern);
  if (pattern < 1) return metadata.unsupported("attention.sliding_window_pattern", "below 1");
  config.layerKinds.clear();
  for (int64_t layer = 0; layer < std::min<int64_t>(config.layers, 4096); ++layer)
    config.layerKinds.push_back({true, false, (layer + 1) % pattern != 0 ? config.slidingWindow : 0});
}

void readGemma(MetadataReader &metadata, ModelConfig &config, bool second) {
  config.embedScale = std::sqrt(static_cast<double>(config.hidden));
  // As llama.cpp: only the 27B models scale by the width of a head that the hidden size would give.
  const bool largest = config.layers == (second ? 46 : 62);
  const int64_t width = largest && config.heads > 0 ? config.hidden / config.heads : config.headDim;
  config.attentionScale = 1.0 / std::sqrt(static_cast<double>(std::max<int64_t>(1, width)));
  config.finalSoftcap = metadata.number("final_logit_softcapping", second ? 30.0 : 0.0);
  config.attentionSoftcap = second ? metadata.number("attn_logit_softcapping", 50.0) : 0.0;
  config.slidingWindow = metadata.integer("attention.sliding_window", second ? 4096 : 0);
  if (config.slidingWindow > 0) slideByPattern(metadata, config, second ? 2 : 6);
  if (second) return;
  config.localRope = RopeConfig();
  config.localRope.theta = metadata.number("rope.freq_base_swa", 10000.0);
  for (LayerKind &kind : config.layerKinds) kind.local = kind.window > 0;
}

/// What the architectures have beside the common metadata.
void readOwn(MetadataReader &metadata, ModelConfig &config) {
  if (config.family == "gemma2") {
    readGemma(metadata, config, true);
  } else if (config.family == "gemma3_text") {
    readGemma(metadata, config, false);
  } else if (config.family == "phi3") {
    config.slidingWindow = metadata.integer("attention.sliding_window", 0);
  } else if (config.family == "smollm3") {
    for (int64_t layer = 0; layer < std::min<int64_t>(config.layers, 4096); ++layer)
      config.layerKinds.push_back({(layer + 1) % 4 != 0, false, 0});
  } else if (config.family == "baichuan") {
    if (config.layers == 40) config.position = PositionKind::Alibi; // 13B, told by its depth as llama.cpp does
    config.headNorm = config.vocab == 125696;                       // a head that is normalised already stays the same
  } else if (metadata.integer("attention.sliding_window", config.context) < config.context) {
    metadata.unsupported("attention.sliding_window", "shorter than the context");
  }
}

void readTokens(const GgufFile &file, ModelConfig &config) {
  config.bosToken = file.integer("tokenizer.ggml.bos_token_id").value_or(-1);
  config.padToken = file.integer("tokenizer.ggml.padding_token_id").value_or(-1);
  config.eosTokens.clear();
  for (const char *key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = file.integer(key);
    if (id && std::find(config.eosTokens.begin(), config.eosTokens.end(), *id) == config.eosTokens.end()) config.eosTokens.push_back(*id);
  }
}

} // namespace

const GgufArchitecture *findGgufArchitecture(const std::string &name) {
  for (const GgufArchitecture &architecture : kArchitectures)
    if (name == architecture.name) return &architecture;
  return nullptr;
}

std::string ggufSupported() {
  std::string text = "Supported in GGUF files: the architectures";
  for (const GgufArchitecture &architecture : kArchitectures)
    text += std::string(&architecture == kArchitectures ? " " : ", ") + architecture.name;
  return text + ".";
}

Result<ModelConfig> readGgufConfig(const GgufFile &file, const GgufArchitecture &architecture) {
  const std::string prefix = std::string(architecture.name) + ".";
  MetadataReader metadata(file, prefix);
  const core::ModelFamily &family = *core::findFamilyByType(architecture.family);
  ModelConfig config = family.defaults;
  config.architecture = family.architectures.front();
  config.family = family.name;
  config.slidingWindow = 0;
  config.hidden = metadata.integer("embedding_length");
  config.intermediate = metadata.integer("feed_forward_length");
  config.layers = metadata.integer("block_count");
  config.heads = metadata.integer("attention.head_count");
  config.kvHeads = metadata.integer("attention.head_count_kv", config.heads);
  config.context = metadata.integer("context_length");
  config.normEps = metadata.number("attention.layer_norm_rms_epsilon");
  config.headDim = metadata.integer("attention.key_length", config.heads > 0 ? config.hidden / config.heads : 0);
  if (metadata.integer("attention.value_length", config.headDim) != config.headDim)
    metadata.unsupported("attention.value_length", "other than the key length");
  const int64_t rotary = metadata.integer("rope.dimension_count", config.headDim);
  const bool partial = config.family == "phi3" || config.family == "glm4";
  if (rotary != config.headDim && !(partial && rotary > 0 && rotary < config.headDim))
    metadata.unsupported("rope.dimension_count", "other than the head dimension");
  config.rope.rotaryDims = rotary == config.headDim ? 0 : rotary;
  if (metadata.integer("expert_count", 0) != 0) metadata.unsupported("expert_count", "(a mixture of experts)");
  config.vocab = vocabSize(file, prefix);
  readGgufRope(metadata, config);
  const auto holds = [&](const char *name) { return file.findTensor(name) != nullptr; };
  config.qkvBias = holds("blk.0.attn_q.bias") || holds("blk.0.attn_qkv.bias");
  config.outputBias = holds("blk.0.attn_output.bias");
  config.mlpBias = holds("blk.0.ffn_gate.bias");
  config.tiedEmbeddings = !holds("output.weight");
  readTokens(file, config);
  readOwn(metadata, config);
  config.storedDtype = storedDtype(file);
  if (metadata.error()) return *metadata.error();
  ATTUNE_CHECK(checkModelLimits(config, file.where(), prefix));
  return config;
}

GgufPlace placeOfGgufTensor(const std::string &ggufName, const ModelConfig &config) {
  const core::ModelFamily *family = core::findFamilyByType(config.family);
  if (!family) return {};
  if (ggufName == "token_embd.weight") return {family->embedding + ".weight", -1};
  if (ggufName == "output_norm.weight") return {family->finalNorm + ".weight", -1};
  if (ggufName == "output.weight") return {family->head + ".weight", -1};
  if (ggufName.compare(0, 4, "blk.") != 0) return {};
  const size_t afterNumber = ggufName.find('.', 4);
  const size_t afterPart = afterNumber == std::string::npos ? afterNumber : ggufName.find('.', afterNumber + 1);
  if (afterPart == std::string::npos || afterNumber == 4 || afterNumber > 10) return {};
  const std::string number = ggufName.substr(4, afterNumber - 4);
  if (number.find_first_not_of("0123456789") != std::string::npos || (number.size() > 1 && number[0] == '0')) return {};
  const std::string part = ggufName.substr(afterNumber + 1, afterPart - afterNumber - 1), kind = ggufName.substr(afterPart);
  if (kind != ".weight" && kind != ".bias") return {};

  const bool split = config.layout == AttentionLayout::Split;
  const std::pair<const char *, std::string> names[] = {
      {"attn_norm", family->inputNorm},
      {"attn_output", family->output},
      {"ffn_norm", family->postNorm},
      {"ffn_gate", config.fusedGateUp ? "" : family->gate},
      {"ffn_up", config.fusedGateUp ? family->gateUp : family->up},
      {"ffn_down", family->down},
      {"attn_qkv", split ? "" : family->qkv},
      {"attn_q", split ? family->q : family->qkv},
      {"attn_k", split ? family->k : family->qkv},
      {"attn_v", split ? family->v : family->qkv},
      {"attn_q_norm", config.qkNorm ? family->qNorm : ""},
      {"attn_k_norm", config.qkNorm ? family->kNorm : ""},
      {"post_attention_norm", config.sandwichNorms ? family->attentionOutNorm : ""},
      {"post_ffw_norm", config.sandwichNorms ? family->feedForwardOutNorm : ""},
  };
  for (const auto &[ggufPart, name] : names) {
    if (part != ggufPart || name.empty()) continue;
    const bool joins = !split && (part == "attn_q" || part == "attn_k" || part == "attn_v");
    return {family->layers + number + "." + name + kind, joins ? (part == "attn_q" ? 0 : part == "attn_k" ? 1 : 2) : -1};
  }
  return {};
}

} // namespace attune::io
