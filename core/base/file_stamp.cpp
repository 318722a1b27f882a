#include "core/base/file_stamp.h"

#include "core/base/fast_hash.h"
#include "core/base/file_reader.h"

#include <algorithm>
#include <sys/stat.h>
#include <vector>

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

std::optional<uint64_t> contentSum(const std::string &path) {
  const auto file = FileReader::open(path);
  if (!file.ok()) return std::nullopt;
  std::vector<char> block(size_t(1) << 20);
  uint64_t sum = 0;
  for (uint64_t at = 0; at < (*file)->size(); at += block.size()) {
    const auto length = static_cast<size_t>(std::min<uint64_t>(block.size(), (*file)->size() - at));
    if (!(*file)->read(at, block.data(), length).ok()) return std::nullopt;
    sum = fastHash({reinterpret_cast<const uint8_t *>(block.data()), length}, sum);
  }
  return sum;
}

} // namespace attune
