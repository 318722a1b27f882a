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

constexpr size_t kMaxFiles = 2000; // listed and looked into
constexpr size_t kMaxCounted = 100000;
constexpr size_t kMaxLicense = 128 << 10; // bytes shown
constexpr double kNf4Bytes = 0.5 + 1.0 / 64 + 4.0 / (64 * 256);
constexpr std::string_view kLfsHead = "version https://git-lfs.github.com/spec/";

struct Entry {
  std::string name;
  uint64_t bytes = 0;
};

/// What matters most first: weights, then what a model is read with, then the rest.
int rankOf(const std::string &name) {
  const std::string extension = fs::path(name).extension().string();
  if (extension == ".safetensors" || extension == ".bin" || name.find(".index.json") != std::string::npos) return 0;
  const bool read = name == "config.json" || name == "README.md" || licenseWordAt(name) == 0 ||
                    std::find(std::begin(kTokenizerFiles), std::end(kTokenizerFiles), name) != std::end(kTokenizerFiles);
  return read ? 1 : 2;
}

struct Entries {
  std::vector<Entry> listed; // the first of them
  size_t count = 0;
  uint64_t bytes = 0;
  bool more = false; // were there than were counted
};

Entries filesOf(const std::string &folder) {
  Entries all;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if ((all.more = all.count == kMaxCounted)) break;
    struct stat info = {};
    if (::stat(entry->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    ++all.count;
    all.bytes += static_cast<uint64_t>(info.st_size);
    all.listed.push_back({entry->path().filename().string(), static_cast<uint64_t>(info.st_size)});
  }
  std::sort(all.listed.begin(), all.listed.end(), [](const Entry &a, const Entry &b) {
    const int first = rankOf(a.name), second = rankOf(b.name);
    return first != second ? first < second : a.name < b.name;
  });
  if (all.listed.size() > kMaxFiles) all.listed.erase(all.listed.begin() + kMaxFiles, all.listed.end());
  return all;
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
  const Entries all = filesOf(folder);
  std::string &license = result.model.license, &text = result.model.licenseText;
  for (const Entry &file : all.listed) {
    const std::string path = folder + "/" + file.name;
    result.model.files.push_back({file.name, static_cast<int64_t>(file.bytes)});
    list.push_back({{"name", file.name}, {"bytes", file.bytes}});
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
  result.model.fileCount = static_cast<int64_t>(all.count);
  result.model.fileBytes = static_cast<int64_t>(all.bytes);
  result.model.moreFiles = all.more;
  result.facts["file_count"] = all.count;
  result.facts["file_bytes"] = all.bytes;
  if (all.more) result.facts["more_files"] = true;
  if (!license.empty()) result.facts["license"] = license;
  if (!text.empty()) result.facts["license_text"] = text;
}

} // namespace attune::io
