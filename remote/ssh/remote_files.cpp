#include "remote/ssh/remote_files.h"

#include "core/base/sha256.h"
#include "remote/fault.h"

#include <algorithm>
#include <sys/stat.h>

namespace attune::remote {

static constexpr size_t kLongestName = 255; // bytes, of a file's name

bool isPlainName(const std::string &name) {
  if (name.empty() || name == "." || name == ".." || name.size() > kLongestName) return false;
  return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127 || c == '/'; });
}

std::string partOf(const std::string &path) {
  const std::string ending = ".part";
  const size_t name = path.rfind('/') + 1; // 0 without a slash
  if (path.size() - name + ending.size() <= kLongestName) return path + ending;
  return path.substr(0, name) + sha256Hex(path.substr(name)) + ending;
}

RemoteFile remoteFile(uint32_t mode, uint64_t size, uint64_t changedAt) {
  RemoteFile file;
  switch (mode & S_IFMT) {
  case S_IFREG: file.kind = RemoteFile::Kind::File; break;
  case S_IFDIR: file.kind = RemoteFile::Kind::Folder; break;
  case S_IFLNK: file.kind = RemoteFile::Kind::Link; break;
  default: break;
  }
  file.size = size;
  file.changedAt = changedAt;
  file.mode = mode & 07777;
  return file;
}

void RemoteList::add(RemoteFile file, std::string name) {
  file.name = std::move(name);
  if (isPlainName(file.name))
    files.push_back(std::move(file));
  else if (file.name != "." && file.name != "..")
    ++refused;
}

Result<std::optional<RemoteFile>> RemoteFiles::find(const std::string &path) {
  const auto file = stat(path);
  if (file.ok()) return std::optional<RemoteFile>(*file);
  if (file.error().fault == "FILE-MISSING") return std::optional<RemoteFile>();
  return file.error();
}

Result<RemoteList> RemoteFiles::list(const std::string &folder, size_t most) {
  auto found = entries(folder, most);
  if (found.ok() || m_session.lost()) return found;
  if (const auto there = stat(folder); there.ok() && there->kind != RemoteFile::Kind::Folder)
    return fault("FILE-FAILED", "This is no folder.", where(folder), "Name a folder.");
  return found;
}

Status RemoteFiles::checkPath(const std::string &path) const {
  if (!path.empty() && path.find('\0') == std::string::npos) return {};
  return Error{ErrorCode::Usage, "A path on the cluster is empty or holds a zero byte.", m_session.name(), "Name the file.", {}};
}

} // namespace attune::remote
