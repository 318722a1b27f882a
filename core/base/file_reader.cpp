#include "core/base/file_reader.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune {

Result<std::shared_ptr<const FileReader>> FileReader::open(const std::string &path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not hang
  if (fd < 0) {
    return Error{ErrorCode::FileNotFound, "The file cannot be opened: " + std::string(std::strerror(errno)) + ".", path,
                 "Check the path and its permissions."};
  }
  std::shared_ptr<FileReader> file(new FileReader(path, fd));
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return Error{ErrorCode::FileNotFound, "This is not a regular file.", path, "Give the path of a file."};
  file->m_size = static_cast<uint64_t>(info.st_size);
  file->m_changed = info.st_mtim;
  return std::shared_ptr<const FileReader>(std::move(file));
}

FileReader::~FileReader() { ::close(m_fd); }

Status FileReader::read(uint64_t offset, char *bytes, size_t length) const {
  ATTUNE_CHECK(readAnyway(offset, bytes, length));
  return unchanged();
}

Status FileReader::readAnyway(uint64_t offset, char *bytes, size_t length) const {
  for (size_t done = 0; done < length;) {
    const ssize_t n = ::pread(m_fd, bytes + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{ErrorCode::IoFailed, "Reading failed: " + std::string(std::strerror(errno)) + ".", m_path, ""};
    if (n == 0) return Error{ErrorCode::IoFailed, "The file became shorter while it was read.", m_path, "Read it again."};
    done += static_cast<size_t>(n);
  }
  return {};
}

Status FileReader::unchanged() const {
  struct stat info {};
  if (::fstat(m_fd, &info) != 0)
    return Error{ErrorCode::IoFailed, "Reading failed: " + std::string(std::strerror(errno)) + ".", m_path, ""};
  const bool same =
      static_cast<uint64_t>(info.st_size) == m_size && info.st_mtim.tv_sec == m_changed.tv_sec && info.st_mtim.tv_nsec == m_changed.tv_nsec;
  if (same) return {};
  return Error{ErrorCode::IoFailed, "The file was changed while it was read.", m_path, "Read it again."};
}

} // namespace attune
