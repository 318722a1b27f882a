#include "core/base/file_stamp.h"

#include <sys/stat.h>

namespace attune {

FileStamp stampOf(const struct stat &info) {
  return {static_cast<int64_t>(info.st_size), static_cast<int64_t>(info.st_mtim.tv_sec) * 1000000000 + info.st_mtim.tv_nsec,
          static_cast<uint64_t>(info.st_ino)};
}

std::optional<FileStamp> stampOf(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return stampOf(info);
}

} // namespace attune
