#include "core/store/dataset_store.h"

#include "core/base/atomic_file.h"
#include "core/base/fast_hash.h"
#include "core/data/row_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

namespace attune::store {

namespace fs = std::filesystem;

namespace {

constexpr size_t kRecent = 20;
constexpr size_t kMaxListed = 10000;
constexpr int kMaxDepth = 8;

std::string absolute(const std::string &path) {
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(path, failed);
  return failed ? fs::absolute(path).string() : whole.string();
}

bool isDataset(const fs::path &path) {
  const std::string name = path.filename().string();
  const std::string extension = data::extensionOf(name);
  return name[0] != '.' && extension != ".md" && data::layoutOfName(name).has_value();
}

} // namespace

std::string FolderDatasetStore::journalOf(const std::string &path) const {
  char name[24];
  std::snprintf(name, sizeof name, "%016llx",
                static_cast<unsigned long long>(fastHash({reinterpret_cast<const uint8_t *>(path.data()), path.size()})));
  return m_folder + "/.edits/" + name + ".jsonl";
}

/// Called with m_mutex held.
Result<std::shared_ptr<FileDocument>> FolderDatasetStore::openFile(const std::string &path, const StopToken &stop) {
  const auto created = m_created.find(path);
  const api::DatasetFormat meant = created == m_created.end() ? api::DatasetFormat::Auto : created->second;
  return FileDocument::open(path, journalOf(path), meant, m_tokenizers, stop);
}

Result<std::shared_ptr<api::DatasetDocument>> FolderDatasetStore::open(const std::string &path, const StopToken &stop) {
  const std::string whole = absolute(path);
  const std::lock_guard<std::mutex> lock(m_mutex);
  auto document = m_open[whole].lock();
  if (!document) {
    ATTUNE_TRY(document, openFile(whole, stop));
    m_open[whole] = document;
  }
  m_recent.erase(std::remove(m_recent.begin(), m_recent.end(), whole), m_recent.end());
  m_recent.insert(m_recent.begin(), whole);
  m_recent.resize(std::min(m_recent.size(), kRecent));
  return std::shared_ptr<api::DatasetDocument>(document);
}

std::vector<api::DatasetEntry> FolderDatasetStore::list() {
  std::vector<std::string> paths;
  std::error_code failed;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(m_folder, options, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (entry->path().filename().string()[0] == '.' || entry.depth() >= kMaxDepth) entry.disable_recursion_pending();
    if (isDataset(entry->path()) && paths.size() < kMaxListed) paths.push_back(absolute(entry->path().string()));
  }
  std::sort(paths.begin(), paths.end());
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const std::string &recent : m_recent) {
      if (std::find(paths.begin(), paths.end(), recent) == paths.end()) paths.push_back(recent);
    }
  }
  std::vector<api::DatasetEntry> entries;
  for (const std::string &path : paths) {
    struct stat info {};
    struct stat journal {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const bool edited = ::stat(journalOf(path).c_str(), &journal) == 0;
    entries.push_back({path, static_cast<int64_t>(info.st_size), static_cast<double>(info.st_mtime), edited});
  }
  return entries;
}

Result<std::string> FolderDatasetStore::create(const std::string &name, api::DatasetFormat format) {
  const auto refused = [&](const std::string &why) { return Error{ErrorCode::Usage, why, name, "Choose another name."}; };
  if (name.empty() || name[0] == '.' || name.size() > 200 || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
    return refused("This cannot be the name of a dataset.");
  const bool jsonLines = data::layoutOfName(name) == data::RowLayout::JsonLines;
  const std::string path = absolute(m_folder + "/" + name + (jsonLines ? "" : ".jsonl"));
  ATTUNE_CHECK(makeFolders(m_folder));
  std::FILE *file = std::fopen(path.c_str(), "wxe"); // "x": never over a file that is there
  if (!file) {
    if (errno == EEXIST) return refused("A dataset of this name exists already.");
    return Error{ErrorCode::IoFailed, std::string("The dataset cannot be created: ") + std::strerror(errno) + ".", path, ""};
  }
  std::fclose(file);
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_created[path] = format;
  return path;
}

Status FolderDatasetStore::append(const std::string &path, const std::vector<std::pair<std::string, std::string>> &rolesAndTexts) {
  const std::string whole = absolute(path);
  std::unique_lock<std::mutex> lock(m_mutex);
  if (const auto open = m_open[whole].lock()) {
    lock.unlock(); // it may be busy saving
    return open->addConversation(rolesAndTexts);
  }
  ATTUNE_TRY(const auto document, openFile(whole, {}));
  if (document->state().changed)
    return Error{ErrorCode::Usage, "The dataset has edits that were never saved.", path,
                 "Open it on the Data page, and save or discard them."};
  ATTUNE_CHECK(document->addConversation(rolesAndTexts));
  const Status saved = document->save(false)({}, {});
  if (!saved.ok()) (void)document->discardChanges().ok(); // the row is refused as a whole
  return saved;
}

} // namespace attune::store
