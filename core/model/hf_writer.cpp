#include "core/model/hf_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/io/model_files.h"
#include "core/io/safetensors.h"
#include "core/model/hf_config.h"

#include <filesystem>
#include <sys/stat.h>

namespace attune::core {
namespace {

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
    const Tensor rows = place.inFileOrder().detach().cpu().contiguous();
    ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(rows.data_ptr()), rows.nbytes()}));
  }
  return writer.commit();
}

/// The Python files that config.json's auto_map names: without them transformers cannot open the folder (Baichuan, InternLM2).
Status carryCode(const std::string &source, const std::string &folder) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator item(source, ignored), end; item != end; item.increment(ignored)) {
    if (item->path().extension() != ".py" || !isFile(item->path().string())) continue;
    ATTUNE_TRY(const std::string text, readFile(item->path().string(), size_t(16) << 20));
    ATTUNE_CHECK(writeFileAtomic(folder + "/" + item->path().filename().string(), text));
  }
  return {};
}

} // namespace

Status checkWritable(const io::ModelConfig &config, const std::string &sourcePath) {
  return isFolder(sourcePath) ? Status() : checkHfConfig(config, sourcePath);
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
  const auto carry = [&](const std::string &name) -> Status {
    if (!isFile(sourcePath + "/" + name)) return {};
    ATTUNE_TRY(const std::string text, readFile(sourcePath + "/" + name));
    return writeFileAtomic(folder + "/" + name, text);
  };
  ATTUNE_CHECK(carry("generation_config.json"));
  for (const char *name : io::kTokenizerFiles) ATTUNE_CHECK(carry(name));
  ATTUNE_CHECK(carryCode(sourcePath, folder));
  ATTUNE_TRY(Json json, readJsonFile(sourcePath + "/config.json"));
  ATTUNE_TRY(const ModelFamily *family, familyOf(config));
  const ModelFamily &written = writtenFamily(*family);
  if (&written != family) { // the language model alone
    Json inner = json.contains(family->nestedConfig) ? json[family->nestedConfig] : json;
    for (const char *key : {"bos_token_id", "eos_token_id"})
      if (json.contains(key)) inner[key] = json[key];
    json = inner;
    json["architectures"] = {written.architectures.front()};
    json["model_type"] = written.name;
    if (warning) *warning = "Only the language model was trained and saved; its folder has none of the parts that see pictures.";
  }
  json.erase("quantization_config"); // the weights written here are plain
  json.erase("dtype");
  json["torch_dtype"] = dtype;
  json["tie_word_embeddings"] = config.tiedEmbeddings; // as the weights are, whatever the original said
  return writeFileAtomic(folder + "/config.json", dumpJson(json) + "\n");
}

} // namespace attune::core
