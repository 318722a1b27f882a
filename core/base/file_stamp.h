// What tells one state of a file from another without reading it: size, time of change and the file's own number; and the sum
// that tells when only the time is another. Plain data, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct stat;

namespace attune {

struct FileStamp {
  int64_t size = 0;
  int64_t changedAt = 0; // nanoseconds since the epoch
  uint64_t number = 0;   // inode

  bool operator==(const FileStamp &other) const { return sameContent(other) && number == other.number; }
  /// A copy that kept its time counts as the same.
  bool sameContent(const FileStamp &other) const { return size == other.size && changedAt == other.changedAt; }
};

FileStamp stampOf(const struct stat &info);
/// Nothing when the file is missing or may not be looked at.
std::optional<FileStamp> stampOf(const std::string &path);
/// Tells one content from another, by reading the whole file; nothing when it cannot be read.
std::optional<uint64_t> contentSum(const std::string &path);

} // namespace attune
