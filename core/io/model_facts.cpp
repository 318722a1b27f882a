#include "core/io/model_facts.h"

#include "core/base/atomic_file.h"
#include "core/base/file_reader.h"
#include "core/base/shorten.h"
#include "core/io/model_files.h"
#include "core/io/model_tensors.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <sys/stat.h>

namespace attune::io {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxFiles = 2000;
constexpr size_t kMaxLicense = 128 << 10; // bytes shown
constexpr double kNf4Bytes = 0.5 + 1.0 / 64 + 4.0 / (64 * 256);
constexpr std::string_view kLfsHead = "version https://git-lfs.github.com/spec/";

struct Entry {
  std::string name;
  uint64_t bytes = 0;
};

bool isWeights(const std::string &name) {
  const std::string extension = fs::path(name).extension().string();
  return extension == ".safetensors" || extension == ".bin" || name.find(".index.json") != std::string::npos;
}

std::vector<Entry> filesOf(const std::string &folder) {
  std::vector<Entry> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && files.size() < kMaxFiles; entry.increment(error)) {
    struct stat info = {};
    if (::stat(entry->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      files.push_back({entry->path().filename().string(), static_cast<uint64_t>(info.st_size)});
  }
  std::sort(files.begin(), files.end(), [](const Entry &a, const Entry &b) {
    const bool first = isWeights(a.name), second = isWeights(b.name); // what matters most first
    return first != second ? first : a.name < b.name;
  });
  return files;
}

std::string headOf(const std::string &path, uint64_t size, size_t most) {
  const auto file = FileReader::open(path);
  std::string text(static_cast<size_t>(std::min<uint64_t>(size, most)), '\0');
  return file.ok() && (*file)->read(0, text.data(), text.size()).ok() ? text : std::string();
}

/// The value of `license:` in the block of settings that a model card begins with.
std::string licenseOfCard(const std::string &card) {
  if (card.rfind("---", 0) != 0) return {};
  std::string license, name;
  for (size_t at = card.find('\n'); at != std::string::npos;) {
    const size_t next = card.find('\n', at + 1);
    std::string line = card.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    if (line.rfind("---", 0) == 0) break;
    for (const auto &[key, value] : {std::pair<std::string, std::string *>{"license:", &license}, {"license_name:", &name}}) {
      if (line.rfind(key, 0) != 0) continue;
      line.erase(0, key.size());
      line.erase(std::remove_if(line.begin(), line.end(), [](unsigned char c) { return std::isspace(c) || c == '"' || c == '\''; }),
                 line.end());
      *value = shortened(line);
      break;
    }
    at = next;
  }
  return license == "other" && !name.empty() ? name : license;
}

} // namespace

api::ModelSizes sizesByBits(const ModelConfig &config) {
  double matrices = 0, rows = 0, rest = 0;
  for (const ExpectedTensor &tensor : expectedTensors(config)) {
    double count = 1;
    for (const int64_t size : tensor.shape) count *= static_cast<double>(size);
    const bool vocabulary = !tensor.shape.empty() && tensor.shape[0] == config.vocab; // embedding and head, whatever the family calls them
    const bool matrix = tensor.shape.size() == 2 && !vocabulary;
    (matrix ? matrices : rest) += count;
    if (matrix) rows += static_cast<double>(tensor.shape[0]);
  }
  const auto bytes = [](double value) { return static_cast<int64_t>(std::ceil(value)); };
  return {bytes(2 * (matrices + rest)), bytes(matrices + 2 * (rows + rest)), bytes(kNf4Bytes * matrices + 2 * rest)};
}

void addFolderFacts(Description &result, const std::string &folder) {
  Json list = Json::array();
  uint64_t all = 0;
  std::string &license = result.model.license, &text = result.model.licenseText;
  for (const Entry &file : filesOf(folder)) {
    const std::string path = folder + "/" + file.name;
    result.model.files.push_back({file.name, static_cast<int64_t>(file.bytes)});
    list.push_back({{"name", file.name}, {"bytes", file.bytes}});
    all += file.bytes;
    const auto damage = [&](const char *what) { result.problem({ErrorCode::MalformedFile, what, path, "", {}}); };
    const bool part = file.name.size() > 5 && file.name.compare(file.name.size() - 5, 5, ".part") == 0;
    if (part) damage("The download of this file is not finished.");
    if (file.bytes == 0) damage("The file is empty: fetch it again.");
    if (file.bytes > 0 && file.bytes < 1024 && headOf(path, file.bytes, kLfsHead.size()) == kLfsHead)
      damage("The file only says where the real one is kept: fetch it with git lfs pull.");
    if (file.name == "README.md") license = licenseOfCard(headOf(path, file.bytes, 64 << 10));
    if (licenseWordAt(file.name) == 0 && text.empty()) text = headOf(path, file.bytes, kMaxLicense);
  }
  result.facts["files"] = list;
  result.facts["file_bytes"] = all;
  if (!license.empty()) result.facts["license"] = license;
  if (!text.empty()) result.facts["license_text"] = text;
}

} // namespace attune::io
