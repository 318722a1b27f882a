#include "core/model/hf_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/io/safetensors.h"
#include "core/model/hf_config.h"
#include "core/model/hf_files.h"

namespace attune::core {
namespace {

bool allOfType(const std::vector<WeightPlace> &places, at::ScalarType type) {
  for (const WeightPlace &place : places)
    if (place.target.scalar_type() != type) return false;
  return true;
}

io::DType fileType(at::ScalarType type) {
  return type == at::kBFloat16 ? io::DType::BF16 : type == at::kHalf ? io::DType::F16 : io::DType::F32;
}

Status writeWeights(const std::string &path, const std::vector<WeightPlace> &places) {
  std::vector<io::SafetensorsSpec> specs;
  for (const WeightPlace &place : places) specs.push_back({place.name, fileType(place.target.scalar_type()), place.target.sizes().vec()});
  ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(path, specs));
  for (const WeightPlace &place : places) {
    const Tensor rows = place.inFileOrder().detach().cpu().contiguous();
    ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(rows.data_ptr()), rows.nbytes()}));
  }
  return writer.commit();
}

} // namespace

Status checkWritable(const io::ModelConfig &config, const std::string &sourcePath) {
  return isFolder(sourcePath) ? Status() : checkHfConfig(config, sourcePath);
}

Status writeHfFolder(const std::string &folder, const io::ModelConfig &config, const std::vector<WeightPlace> &places,
                     const std::string &sourcePath, std::string *warning) {
  ATTUNE_CHECK(makeFolders(folder));
  ATTUNE_CHECK(writeWeights(folder + "/model.safetensors", places));
  const std::string dtype = allOfType(places, at::kBFloat16) ? "bfloat16" : allOfType(places, at::kHalf) ? "float16" : "float32";
  if (!isFolder(sourcePath)) {
    if (warning) *warning = "The model came from a GGUF file, so the folder has no tokenizer files of its own.";
    return writeFileAtomic(folder + "/config.json", hfConfigJson(config, dtype));
  }
  ATTUNE_CHECK(carryFiles(sourcePath, folder));
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
  describeWeights(json, dtype, config.tiedEmbeddings);
  return writeFileAtomic(folder + "/config.json", dumpJson(json) + "\n");
}

} // namespace attune::core
