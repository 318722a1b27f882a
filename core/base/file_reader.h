// Positioned reads of a regular file that stays open. Any thread; nothing is mapped, so a file that shrinks meanwhile gives
// an error and no SIGBUS. open() fails with FileNotFound (missing, a directory, a pipe, unreadable), reads with IoFailed, also
// when the file was changed after it was opened.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>

namespace attune {

class FileReader {
public:
  static Result<std::shared_ptr<const FileReader>> open(const std::string &path);
  ~FileReader();
  FileReader(const FileReader &) = delete;
  FileReader &operator=(const FileReader &) = delete;

  const std::string &path() const { return m_path; }
  uint64_t size() const { return m_size; } // when it was opened
  /// Fills `bytes` from `offset` on.
  Status read(uint64_t offset, char *bytes, size_t length) const;
  /// As read, whatever became of the file meanwhile; for callers that know the bytes again.
  Status readAnyway(uint64_t offset, char *bytes, size_t length) const;
  /// Whether the file is still what was opened, by its size and time of change.
  Status unchanged() const;

private:
  FileReader(std::string path, int fd) : m_path(std::move(path)), m_fd(fd) {}
  std::string m_path;
  int m_fd;
  uint64_t m_size = 0;
  std::timespec m_changed{};
};

} // namespace attune
