#include "core/base/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune {

Result<std::shared_ptr<MappedFile>> MappedFile::open(const std::string &path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not hang
  if (fd < 0) {
    return Error{ErrorCode::FileNotFound, "The file cannot be opened: " + std::string(std::strerror(errno)) + ".", path,
                 "Check the path and its permissions."};
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error{ErrorCode::FileNotFound, "This is not a regular file.", path, "Give the path of a file."};
  }
  const auto size = static_cast<size_t>(info.st_size);
  void *data = nullptr;
  if (size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const std::string reason = std::strerror(errno);
      ::close(fd);
      return Error{ErrorCode::IoFailed, "The file cannot be mapped: " + reason + ".", path, ""};
    }
  }
  ::close(fd);
  return std::shared_ptr<MappedFile>(new MappedFile(path, static_cast<const uint8_t *>(data), size));
}

MappedFile::~MappedFile() {
  if (m_data) ::munmap(const_cast<uint8_t *>(m_data), m_size);
}

void MappedFile::release(size_t offset, size_t length) const {
  if (!m_data || offset >= m_size) return;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = std::min(offset + length, m_size) / page * page;
  if (end > begin) ::madvise(const_cast<uint8_t *>(m_data) + begin, end - begin, MADV_DONTNEED);
}

} // namespace attune
