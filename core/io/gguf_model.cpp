#include "core/io/gguf_model.h"

#include "core/io/gguf_dequant.h"
#include "core/io/model_limits.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace attune::io {

namespace {

const char kSupported[] = "Supported in GGUF files: architecture llama (Llama 2 and 3, SmolLM, SmolLM2, Mistral without a sliding window).";

/// Required and optional metadata of one architecture; remembers the first mistake.
class MetadataReader {
public:
  MetadataReader(const GgufFile &file, std::string prefix) : m_file(file), m_prefix(std::move(prefix)) {}

  bool has(const std::string &key) const { return m_file.find(m_prefix + key) != nullptr; }
  int64_t integer(const std::string &key) { return value(key, m_file.integer(m_prefix + key), int64_t(0)); }
  int64_t integer(const std::string &key, int64_t fallback) { return has(key) ? integer(key) : fallback; }
  double number(const std::string &key) { return value(key, m_file.number(m_prefix + key), 0.0); }
  double number(const std::string &key, double fallback) { return has(key) ? number(key) : fallback; }
  std::string text(const std::string &key, const std::string &fallback) {
    if (!has(key)) return fallback;
    return std::string(value(key, m_file.text(m_prefix + key), std::string_view()));
  }
  void unsupported(const std::string &key, const std::string &what) {
    fail({ErrorCode::UnsupportedModel, "The setting " + m_prefix + key + " " + what + " is not supported.",
          m_file.where() + "#" + m_prefix + key, kSupported});
  }
  void fail(Error error) {
    if (!m_error) m_error = std::move(error);
  }
  const std::optional<Error> &error() const { return m_error; }

private:
  template <typename T> T value(const std::string &key, const std::optional<T> &found, T fallback) {
    if (found) return *found;
    fail({ErrorCode::MalformedFile, "The metadata " + m_prefix + key + (has(key) ? " has the wrong type." : " is missing."),
          m_file.where() + "#" + m_prefix + key, "Download or convert the file again."});
    return fallback;
  }
  const GgufFile &m_file;
  std::string m_prefix;
  std::optional<Error> m_error;
};

int64_t vocabSize(const GgufFile &file) {
  const GgufTensor *embedding = file.findTensor("token_embd.weight");
  if (embedding && embedding->shape.size() == 2) return embedding->shape[0];
  if (const auto size = file.integer("llama.vocab_size")) return *size;
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

/// Llama 3 files carry their frequency scaling only as a table of divisors. Where it is the published rule, the rule is
/// rebuilt from the table's largest divisor and gives the same table; other tables are used as they are.
bool recogniseLlama3(const std::vector<float> &factors, ModelConfig &config) {
  RopeConfig rope = config.rope;
  rope.scaling = "llama3";
  rope.factor = *std::max_element(factors.begin(), factors.end());
  rope.lowFrequencyFactor = 1.0;
  rope.highFrequencyFactor = 4.0;
  rope.originalContext = 8192;
  if (!(rope.factor >= 1.0) || !(rope.factor <= 1e6)) return false;
  const double original = static_cast<double>(rope.originalContext);
  for (size_t i = 0; i < factors.size(); ++i) {
    const double wavelength =
        2 * 3.14159265358979323846 * std::pow(rope.theta, 2.0 * static_cast<double>(i) / static_cast<double>(config.headDim));
    double expected = 1.0;
    if (wavelength > original / rope.lowFrequencyFactor) {
      expected = rope.factor;
    } else if (wavelength > original / rope.highFrequencyFactor) {
      const double smooth = (original / wavelength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
      expected = 1.0 / ((1.0 - smooth) / rope.factor + smooth);
    }
    if (!(std::abs(factors[i] - expected) <= 1e-3 * expected)) return false;
  }
  config.rope = rope;
  return true;
}

class GgufSource : public WeightSource {
public:
  GgufSource(std::shared_ptr<const GgufFile> file, ModelConfig config) : m_file(std::move(file)), m_config(std::move(config)) {}

  Status index() {
    for (const GgufTensor &tensor : m_file->tensors()) {
      const std::string name = huggingFaceName(tensor.name);
      if (name.empty() && tensor.name.compare(0, 4, "blk.") == 0) {
        return Error{ErrorCode::UnsupportedModel, "The model has the tensor \"" + tensor.name + "\", which no supported layer uses.",
                     m_file->where(), kSupported};
      }
      if (name.empty()) continue;
      const auto type = dtypeOfGgml(tensor.type);
      if (!type) {
        const char *known = ggmlTypeTraits(tensor.type).name;
        return Error{ErrorCode::UnsupportedFormat,
                     "The tensor \"" + tensor.name + "\" is stored as " + (known ? known : "type " + std::to_string(tensor.type)) +
                         ", which is not read.",
                     m_file->where(), "Read here: F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K."};
      }
      Entry entry;
      entry.tensor = &tensor;
      const bool ofQuery = tensor.name.find(".attn_q.") != std::string::npos, ofKey = tensor.name.find(".attn_k.") != std::string::npos;
      entry.permutedHeads = ofQuery ? m_config.heads : ofKey ? m_config.kvHeads : 0;
      if (entry.permutedHeads && (tensor.shape.empty() || tensor.shape.front() != entry.permutedHeads * m_config.headDim)) {
        return Error{ErrorCode::MalformedFile, "The tensor \"" + tensor.name + "\" does not have the rows that its heads need.",
                     m_file->where(), ""};
      }
      m_index.emplace(name, m_entries.size());
      m_entries.push_back(entry);
      m_tensors.push_back({name, *type, tensor.shape, tensor.bytes, m_file->where()});
    }
    return {};
  }

  const ModelConfig &config() const override { return m_config; }
  const std::vector<TensorInfo> &tensors() const override { return m_tensors; }
  const TensorInfo *find(const std::string &name) const override {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
  }

  Status readFloat(const std::string &name, int64_t rowBegin, int64_t rowEnd, float *out) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return Error{ErrorCode::Internal, "The tensor \"" + name + "\" does not exist.", m_file->where(), ""};
    const TensorInfo &info = m_tensors[found->second];
    const Entry &entry = m_entries[found->second];
    const int64_t rows = info.shape.empty() ? 1 : info.shape.front();
    if (rowBegin < 0 || rowBegin > rowEnd || rowEnd > rows)
      return Error{ErrorCode::Internal, "Rows outside the tensor \"" + name + "\" were asked for.", m_file->where(), ""};
    if (rowBegin == rowEnd) return {};
    const ByteView bytes = m_file->tensorBytes(*entry.tensor);
    const auto width = static_cast<uint64_t>(info.elements() / rows);
    const auto traits = ggmlTypeTraits(entry.tensor->type);
    if (width % traits.blockElements != 0) return readQuantisedVector(info, bytes, rowBegin, rowEnd, out);

    const uint64_t rowBytes = width / traits.blockElements * traits.blockBytes;
    if (entry.permutedHeads == 0) {
      dequantize(info.type, bytes.data + static_cast<uint64_t>(rowBegin) * rowBytes, static_cast<uint64_t>(rowEnd - rowBegin) * width, out);
      return {};
    }
    // Llama files interleave the two halves of each head: their row 2 j + s is row s D/2 + j of the original.
    const int64_t d = m_config.headDim;
    for (int64_t row = rowBegin; row < rowEnd; ++row) {
      const int64_t inHead = row % d;
      const int64_t stored = row - inHead + 2 * (inHead % (d / 2)) + inHead / (d / 2);
      dequantize(info.type, bytes.data + static_cast<uint64_t>(stored) * rowBytes, width, out);
      out += width;
    }
    return {};
  }

  ByteView rawBytes(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end() || m_entries[found->second].permutedHeads) return {};
    const DType type = m_tensors[found->second].type;
    const ByteView bytes = m_file->tensorBytes(*m_entries[found->second].tensor);
    const bool plain = type == DType::F32 || type == DType::F16 || type == DType::BF16;
    return plain && reinterpret_cast<uintptr_t>(bytes.data) % 4 == 0 ? bytes : ByteView{};
  }

  void release(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found != m_index.end()) m_file->release(*m_entries[found->second].tensor);
  }

private:
  struct Entry {
    const GgufTensor *tensor = nullptr;
    int64_t permutedHeads = 0; // 0 = rows lie in their original order
  };

  /// A one-dimensional tensor in blocks: its elements count as rows, so it is decoded whole and cut.
  Status readQuantisedVector(const TensorInfo &info, ByteView bytes, int64_t begin, int64_t end, float *out) const {
    std::vector<float> whole(static_cast<size_t>(info.elements()));
    dequantize(info.type, bytes.data, whole.size(), whole.data());
    std::copy(whole.begin() + begin, whole.begin() + end, out);
    return {};
  }

  std::shared_ptr<const GgufFile> m_file;
  ModelConfig m_config;
  std::vector<TensorInfo> m_tensors;
  std::vector<Entry> m_entries;
  std::unordered_map<std::string, size_t> m_index;
};

Status readRopeFactors(const GgufFile &file, ModelConfig &config) {
  const GgufTensor *tensor = file.findTensor("rope_freqs.weight");
  if (!tensor) return {};
  const Error refused{ErrorCode::UnsupportedModel, "The table rope_freqs.weight does not hold a divisor for each frequency.", file.where(),
                      kSupported};
  const auto type = dtypeOfGgml(tensor->type);
  const std::vector<int64_t> expected = {config.headDim / 2};
  if (!type || tensor->shape != expected) return refused;
  std::vector<float> factors(static_cast<size_t>(config.headDim / 2));
  const ByteView bytes = file.tensorBytes(*tensor);
  if (!convertToFloat(*type, bytes.data, factors.size(), factors.data())) return refused;
  if (config.rope.scaling == "linear") { // llama.cpp divides by both
    for (float &factor : factors) factor *= static_cast<float>(config.rope.factor);
    config.rope.factor = 1.0;
    config.rope.scaling = "none";
  }
  if (std::any_of(factors.begin(), factors.end(), [](float factor) { return !(factor > 0 && factor <= 1e6f); })) return refused;
  if (recogniseLlama3(factors, config)) return {};
  config.rope.scaling = "divisors";
  config.rope.divisors = std::move(factors);
  return {};
}

} // namespace

std::string huggingFaceName(const std::string &ggufName) {
  static const std::pair<const char *, const char *> kTop[] = {
      {"token_embd.weight", "model.embed_tokens.weight"}, {"output_norm.weight", "model.norm.weight"}, {"output.weight", "lm_head.weight"}};
  static const std::pair<const char *, const char *> kLayer[] = {
      {"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"},      {"attn_k", "self_attn.k_proj"},
      {"attn_v", "self_attn.v_proj"},   {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
      {"ffn_gate", "mlp.gate_proj"},    {"ffn_up", "mlp.up_proj"},           {"ffn_down", "mlp.down_proj"}};
  for (const auto &pair : kTop) {
    if (ggufName == pair.first) return pair.second;
  }
  if (ggufName.compare(0, 4, "blk.") != 0) return "";
  const size_t afterNumber = ggufName.find('.', 4);
  const size_t afterPart = afterNumber == std::string::npos ? afterNumber : ggufName.find('.', afterNumber + 1);
  if (afterPart == std::string::npos || afterNumber == 4 || afterNumber > 10) return "";
  const std::string number = ggufName.substr(4, afterNumber - 4);
  if (number.find_first_not_of("0123456789") != std::string::npos || (number.size() > 1 && number[0] == '0')) return "";
  const std::string part = ggufName.substr(afterNumber + 1, afterPart - afterNumber - 1), kind = ggufName.substr(afterPart);
  if (kind != ".weight" && kind != ".bias") return "";
  for (const auto &pair : kLayer) {
    if (part == pair.first) return "model.layers." + number + "." + pair.second + kind;
  }
  return "";
}

Result<ModelConfig> ggufModelConfig(const GgufFile &file) {
  const auto architecture = file.text("general.architecture");
  if (!architecture)
    return Error{ErrorCode::MalformedFile, "The metadata general.architecture is missing.", file.where(),
                 "Download or convert the file again."};
  if (file.text("general.type").value_or("model") != "model") {
    return Error{ErrorCode::UnsupportedModel,
                 "This GGUF file is not a model but of type \"" + std::string(file.text("general.type")->substr(0, 40)) + "\".",
                 file.where(), ""};
  }
  if (*architecture != "llama") {
    return Error{ErrorCode::UnsupportedModel,
                 "The GGUF architecture \"" + std::string(architecture->substr(0, 40)) + "\" is not supported.",
                 file.where() + "#general.architecture", kSupported};
  }
  MetadataReader metadata(file, std::string(*architecture) + ".");
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.family = "llama";
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
  if (metadata.integer("rope.dimension_count", config.headDim) != config.headDim)
    metadata.unsupported("rope.dimension_count", "other than the head dimension");
  if (metadata.integer("expert_count", 0) != 0) metadata.unsupported("expert_count", "(a mixture of experts)");
  if (metadata.integer("attention.sliding_window", config.context) < config.context)
    metadata.unsupported("attention.sliding_window", "shorter than the context");
  config.vocab = vocabSize(file);
  config.rope.theta = metadata.number("rope.freq_base", 10000.0);
  // As llama.cpp reads them: linear where no type is given, its factor also under the older name.
  config.rope.scaling = metadata.text("rope.scaling.type", "linear");
  if (config.rope.scaling == "linear") {
    config.rope.factor = metadata.number("rope.scaling.factor", metadata.number("rope.scale_linear", 1.0));
    if (config.rope.factor == 0.0) config.rope.factor = 1.0;
    if (config.rope.factor == 1.0) config.rope.scaling = "none";
  } else if (config.rope.scaling != "none") {
    metadata.unsupported("rope.scaling.type", "\"" + config.rope.scaling.substr(0, 40) + "\"");
  }
  config.qkvBias = file.findTensor("blk.0.attn_q.bias") != nullptr;
  config.outputBias = file.findTensor("blk.0.attn_output.bias") != nullptr;
  config.mlpBias = file.findTensor("blk.0.ffn_gate.bias") != nullptr;
  config.tiedEmbeddings = file.findTensor("output.weight") == nullptr;
  config.bosToken = file.integer("tokenizer.ggml.bos_token_id").value_or(-1);
  config.padToken = file.integer("tokenizer.ggml.padding_token_id").value_or(-1);
  for (const char *key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = file.integer(key);
    if (id && std::find(config.eosTokens.begin(), config.eosTokens.end(), *id) == config.eosTokens.end()) config.eosTokens.push_back(*id);
  }
  config.storedDtype = storedDtype(file);
  if (metadata.error()) return *metadata.error();
  ATTUNE_CHECK(checkModelLimits(config, file.where()));
  return config;
}

Result<std::unique_ptr<WeightSource>> openGgufModel(const std::string &path, bool headerOnly) {
  ATTUNE_TRY(auto file, GgufFile::open(path));
  return ggufWeightSource(std::move(file), headerOnly);
}

Result<std::unique_ptr<WeightSource>> ggufWeightSource(std::shared_ptr<const GgufFile> file, bool headerOnly) {
  ATTUNE_TRY(ModelConfig config, ggufModelConfig(*file));
  if (headerOnly) { // only the settings: the data may be cut off
    return std::unique_ptr<WeightSource>(std::make_unique<GgufSource>(std::move(file), std::move(config)));
  }
  ATTUNE_CHECK(file->checkData());
  ATTUNE_CHECK(readRopeFactors(*file, config));
  auto source = std::make_unique<GgufSource>(std::move(file), std::move(config));
  ATTUNE_CHECK(source->index());
  return std::unique_ptr<WeightSource>(std::move(source));
}

} // namespace attune::io
