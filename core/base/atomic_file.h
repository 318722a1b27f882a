// Writes that are whole or absent: a temporary file beside the target, fsync, rename, fsync of the folder. A symbolic
// link stays and its target is replaced, keeping its permissions; devices and pipes are written as they come.
// One thread per object. Every failure is IoFailed with the path and the system's reason, a signal while a pipe waits for
// its reader Interrupted; the old file stays.
#pragma once

#include "core/base/bytes.h"
#include "core/base/file_stamp.h"
#include "core/base/result.h"

#include <string>
#include <string_view>

namespace attune {

class AtomicFile {
public:
  static Result<AtomicFile> create(const std::string &path);
  AtomicFile(AtomicFile &&other) noexcept;
  AtomicFile &operator=(AtomicFile &&) = delete;
  ~AtomicFile(); // removes the temporary file when commit() was not reached

  Status write(ByteView bytes);
  Status write(std::string_view text);
  /// What the file will look like in its place once nothing more is written.
  Result<FileStamp> stamp() const;
  /// Flushes to disk and puts the file in place of the old one.
  Status commit();

private:
  AtomicFile(std::string path, std::string temporary, int fd);
  std::string m_path;
  std::string m_temporary;
  int m_fd;
};

/// Whether `path` is a device or a pipe: something written to, but never replaced.
bool isStream(const std::string &path);

/// Whether what is written to `path` goes where stdout goes.
bool isStandardOutput(const std::string &path);

/// Whether two outputs would end up in the same file, which need not exist yet.
bool sameTarget(const std::string &one, const std::string &other);

Status writeFileAtomic(const std::string &path, std::string_view text);

/// The whole file; FileNotFound when missing, MalformedFile when larger than `maxBytes`.
Result<std::string> readFile(const std::string &path, size_t maxBytes = size_t(1) << 30);

/// Makes a rename or a new file inside `folder` durable.
Status syncFolder(const std::string &folder);

/// Creates `path` and its parents.
Status makeFolders(const std::string &path);

} // namespace attune
