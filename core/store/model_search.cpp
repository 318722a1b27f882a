#include "core/store/model_search.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <sys/stat.h>

namespace attune::store {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxDepth = 6;          // a hub's cache: models--org--name/snapshots/commit
constexpr size_t kMaxEntries = 50000; // looked at in one search
constexpr size_t kMaxModels = 1000;

bool endsWith(const std::string &name, const char *ending) {
  const std::string text(ending);
  return name.size() > text.size() && std::equal(text.rbegin(), text.rend(), name.rbegin(),
                                                 [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

/// A later file of a model in several GGUF files: the first stands for all.
bool isLaterPart(const std::string &name) {
  const size_t at = name.rfind("-of-");
  return at != std::string::npos && at >= 6 && name.compare(at - 6, 6, "-00001") != 0 && name[at - 6] == '-' &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(at) - 5, name.begin() + static_cast<std::ptrdiff_t>(at),
                     [](unsigned char c) { return std::isdigit(c); });
}

class Search {
public:
  Search(const StopToken &stop) : m_stop(stop) {}
  std::vector<std::string> found;

  /// A folder that holds models and is none itself, `mayBe` false, is looked into whatever strayed into it.
  void enter(const std::string &folder, int depth, bool mayBe) {
    struct stat info = {};
    if (depth > kMaxDepth || ::stat(folder.c_str(), &info) != 0 || !m_entered.emplace(info.st_dev, info.st_ino).second) return;
    std::vector<std::string> folders, files;
    bool config = false, weights = false, other = false;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (++m_entries > kMaxEntries || m_stop.stopRequested()) return;
      const std::string name = entry->path().filename().string();
      std::error_code broken; // a link to nothing
      if (name == kDownloadState && mayBe) return;
      if (entry->is_directory(broken)) {
        if (name[0] != '.') folders.push_back(entry->path().string());
      } else if (!broken && entry->is_regular_file(broken)) {
        config |= name == "config.json";
        other |= name == "run.json" || name == "adapter_config.json" || name == "events.jsonl";
        weights |= endsWith(name, ".safetensors") || name.rfind("pytorch_model", 0) == 0;
        if (endsWith(name, ".gguf") && !isLaterPart(name)) files.push_back(entry->path().string());
      }
    }
    if (other && mayBe) return;
    if (mayBe && (config || (weights && files.empty())))
      found.push_back(folder);
    else
      for (const std::string &sub : folders) {
        if (found.size() >= kMaxModels) return;
        enter(sub, depth + 1, true);
      }
    found.insert(found.end(), files.begin(), files.end());
  }

private:
  const StopToken &m_stop;
  size_t m_entries = 0;
  std::set<std::pair<dev_t, ino_t>> m_entered;
};

} // namespace

std::vector<std::string> searchModels(const std::string &folder, const StopToken &stop) {
  Search search(stop);
  search.enter(folder, 0, true);
  return std::move(search.found);
}

std::vector<std::string> searchModelsBelow(const std::string &folder, const StopToken &stop) {
  Search search(stop);
  search.enter(folder, 0, false);
  return std::move(search.found);
}

bool looksLikeModel(const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return false;
  if (!S_ISDIR(info.st_mode)) return S_ISREG(info.st_mode) && endsWith(path, ".gguf");
  const auto found = searchModels(path, {});
  return std::find(found.begin(), found.end(), path) != found.end();
}

} // namespace attune::store
