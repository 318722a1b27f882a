// A read-only memory map of a whole file. Any thread may read; the map lives as long as the object.
// open() fails with FileNotFound (missing, a directory, unreadable) or IoFailed.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <memory>
#include <string>

namespace attune {

class MappedFile {
public:
  static Result<std::shared_ptr<MappedFile>> open(const std::string &path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  ByteView bytes() const { return {m_data, m_size}; }
  const std::string &path() const { return m_path; }

  /// Tells the kernel that [offset, offset + length) is no longer needed, so that reading a large
  /// model shard by shard does not count twice in resident memory.
  void release(size_t offset, size_t length) const;

private:
  MappedFile(std::string path, const uint8_t *data, size_t size) : m_path(std::move(path)), m_data(data), m_size(size) {}
  std::string m_path;
  const uint8_t *m_data;
  size_t m_size;
};

} // namespace attune
