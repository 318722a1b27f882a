#include "core/model/hf_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/io/safetensors.h"

#include <sys/stat.h>

namespace attune::core {
namespace {

const char *const kCarriedFiles[] = {"generation_config.json",
                                     "tokenizer.json",
                                     "tokenizer_config.json",
                                     "special_tokens_map.json",
                                     "tokenizer.model",
                                     "added_tokens.json",
                                     "vocab.json",
                                     "merges.txt",
                                     "chat_template.jinja",
                                     "chat_template.json"};

bool isFolder(const std::string &path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}
bool isFile(const std::string &path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool allOfType(const std::vector<WeightPlace> &places, at::ScalarType type) {
  for (const WeightPlace &place : places)
    if (place.target.scalar_type() != type) return false;
  return true;
}

Status writeWeights(const std::string &path, const std::vector<WeightPlace> &places) {
  std::vector<io::SafetensorsSpec> specs;
  for (const WeightPlace &place : places)
    specs.push_back(
        {place.name, place.target.scalar_type() == at::kBFloat16 ? io::DType::BF16 : io::DType::F32, place.target.sizes().vec()});
  ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(path, specs));
  for (const WeightPlace &place : places) {
    const Tensor rows = place.target.detach().cpu().contiguous();
    ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(rows.data_ptr()), rows.nbytes()}));
  }
  return writer.commit();
}

} // namespace

std::string hfConfigJson(const io::ModelConfig &c, const std::string &dtype) {
  Json config = {{"architectures", {c.architecture.empty() ? "LlamaForCausalLM" : c.architecture}}, {"model_type", c.family}};
  config["hidden_size"] = c.hidden;
  config["intermediate_size"] = c.intermediate;
  config["num_hidden_layers"] = c.layers;
  config["num_attention_heads"] = c.heads;
  config["num_key_value_heads"] = c.kvHeads;
  config["head_dim"] = c.headDim;
  config["vocab_size"] = c.vocab;
  config["max_position_embeddings"] = c.context;
  config["rms_norm_eps"] = c.normEps;
  config["hidden_act"] = c.activation == io::Activation::Silu   ? "silu"
                         : c.activation == io::Activation::Gelu ? "gelu"
                                                                : "gelu_pytorch_tanh";
  config["attention_bias"] = c.qkvBias;
  config["mlp_bias"] = c.mlpBias;
  config["tie_word_embeddings"] = c.tiedEmbeddings;
  config["rope_theta"] = c.rope.theta;
  if (c.family == "mistral") config["sliding_window"] = nullptr; // without the key its class assumes one
  if (c.rope.scaling != "none") {
    Json scaling = {{"rope_type", c.rope.scaling}, {"factor", c.rope.factor}};
    if (c.rope.scaling == "llama3") {
      scaling["low_freq_factor"] = c.rope.lowFrequencyFactor;
      scaling["high_freq_factor"] = c.rope.highFrequencyFactor;
    }
    if (c.rope.originalContext > 0) scaling["original_max_position_embeddings"] = c.rope.originalContext;
    config["rope_scaling"] = scaling;
  }
  if (c.bosToken >= 0) config["bos_token_id"] = c.bosToken;
  if (c.padToken >= 0) config["pad_token_id"] = c.padToken;
  if (c.eosTokens.size() == 1) config["eos_token_id"] = c.eosTokens.front();
  if (c.eosTokens.size() > 1) config["eos_token_id"] = c.eosTokens;
  config["torch_dtype"] = dtype;
  config["use_cache"] = true;
  return dumpJson(config) + "\n";
}

Status checkWritable(const io::ModelConfig &config, const std::string &sourcePath) {
  if (isFolder(sourcePath)) return {};
  const auto refuse = [&](const std::string &what) {
    return Error{ErrorCode::UnsupportedModel,
                 "A model with " + what + " cannot be written as a Hugging Face folder, which this method ends with.",
                 sourcePath,
                 "Train a LoRA adapter, or start from the model's Hugging Face folder.",
                 {}};
  };
  if (config.rope.scaling == "divisors") return refuse("its own table of rotary frequencies");
  if (config.qkvBias != config.outputBias) return refuse("biases in only some of its attention layers");
  return {};
}

Status writeHfFolder(const std::string &folder, const io::ModelConfig &config, const std::vector<WeightPlace> &places,
                     const std::string &sourcePath, std::string *warning) {
  ATTUNE_CHECK(makeFolders(folder));
  ATTUNE_CHECK(writeWeights(folder + "/model.safetensors", places));
  const std::string dtype = allOfType(places, at::kBFloat16) ? "bfloat16" : "float32";
  if (!isFolder(sourcePath)) {
    if (warning) *warning = "The model came from a GGUF file, so the folder has no tokenizer files of its own.";
    return writeFileAtomic(folder + "/config.json", hfConfigJson(config, dtype));
  }
  for (const char *name : kCarriedFiles) {
    if (!isFile(sourcePath + "/" + name)) continue;
    ATTUNE_TRY(const std::string text, readFile(sourcePath + "/" + name));
    ATTUNE_CHECK(writeFileAtomic(folder + "/" + name, text));
  }
  ATTUNE_TRY(Json json, readJsonFile(sourcePath + "/config.json"));
  json.erase("quantization_config"); // the weights written here are plain
  json.erase("dtype");
  json["torch_dtype"] = dtype;
  json["tie_word_embeddings"] = config.tiedEmbeddings; // as the weights are, whatever the original said
  return writeFileAtomic(folder + "/config.json", dumpJson(json) + "\n");
}

} // namespace attune::core
