#include "core/model/hf_files.h"

#include "core/base/atomic_file.h"
#include "core/io/model_files.h"

#include <filesystem>
#include <set>
#include <sys/stat.h>

namespace attune::core {
namespace {

constexpr size_t kLargestFile = size_t(64) << 20; // of those whose names are not known beforehand

bool isFile(const std::string &path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

} // namespace

bool isFolder(const std::string &path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Status carryFiles(const std::string &source, const std::string &folder, bool code) {
  std::set<std::string> names(std::begin(io::kTokenizerFiles), std::end(io::kTokenizerFiles));
  names.insert({"generation_config.json", "preprocessor_config.json", "processor_config.json"});
  const std::set<std::string> known = names;
  std::error_code ignored;
  for (std::filesystem::directory_iterator item(source, ignored), end; item != end; item.increment(ignored))
    if ((code && item->path().extension() == ".py") || io::licenseWordAt(item->path().filename().string()) != std::string::npos)
      names.insert(item->path().filename().string());
  for (const std::string &name : names) {
    if (!isFile(source + "/" + name)) continue;
    ATTUNE_TRY(const std::string text, readFile(source + "/" + name, known.count(name) ? size_t(1) << 30 : kLargestFile));
    ATTUNE_CHECK(writeFileAtomic(folder + "/" + name, text));
  }
  return {};
}

void describeWeights(Json &config, const std::string &dtype, bool tied) {
  for (const char *key : {"quantization_config", "dtype"}) config.erase(key);
  config["torch_dtype"] = dtype;
  for (auto &item : config.items()) {
    if (!item.value().is_object()) continue;
    for (const char *key : {"dtype", "torch_dtype"}) item.value().erase(key);
    if (item.value().contains("tie_word_embeddings")) item.value()["tie_word_embeddings"] = tied;
  }
  config["tie_word_embeddings"] = tied; // as the weights are, whatever the original said
}

} // namespace attune::core
