#include "remote/ssh/remote_files.h"

#include <algorithm>
#include <sys/stat.h>

namespace attune::remote {

bool isPlainName(const std::string &name) {
  if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
  return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127 || c == '/'; });
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

Status RemoteFiles::checkPath(const std::string &path) const {
  if (!path.empty() && path.find('\0') == std::string::npos) return {};
  return Error{ErrorCode::Usage, "A path on the cluster is empty or holds a zero byte.", m_session.name(), "Name the file.", {}};
}

} // namespace attune::remote
