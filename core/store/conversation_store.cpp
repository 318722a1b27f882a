#include "core/store/conversation_store.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::store {

namespace fs = std::filesystem;

std::vector<api::StoredConversation> FolderConversationStore::list() {
  std::vector<api::StoredConversation> found;
  std::error_code error;
  for (fs::directory_iterator entry(m_folder, error), end; !error && entry != end; entry.increment(error)) {
    struct stat info = {};
    if (entry->path().extension() != ".json" || ::stat(entry->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    auto text = readFile(entry->path().string(), size_t(16) << 20);
    found.push_back({entry->path().stem().string(), text.ok() ? std::move(*text) : std::string(), static_cast<double>(info.st_mtime)});
  }
  std::sort(found.begin(), found.end(),
            [](const auto &a, const auto &b) { return a.changedAt != b.changedAt ? a.changedAt > b.changedAt : a.id > b.id; });
  return found;
}

Status FolderConversationStore::write(const std::string &id, const std::string &json) {
  ATTUNE_CHECK(makeFolders(m_folder));
  return writeFileAtomic(path(id), json);
}

Status FolderConversationStore::remove(const std::string &id) {
  if (::unlink(path(id).c_str()) == 0 || errno == ENOENT) return {};
  return Error{ErrorCode::IoFailed, std::string("The conversation could not be deleted: ") + std::strerror(errno) + ".", path(id), ""};
}

std::string FolderConversationStore::freshId() {
  const std::string stamp = localStamp();
  std::string id = stamp;
  std::error_code ignored;
  for (int i = 2; fs::exists(path(id), ignored); ++i) id = stamp + "-" + std::to_string(i);
  return id;
}

} // namespace attune::store
