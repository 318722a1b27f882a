// Files of the other side, whichever way its server offers: SFTP (sftp.h), or commands where that is switched off (shell_files.h). On
// the session's thread. Every name that comes from there is checked. Fails with FILE-MISSING, FILE-DENIED, FILE-FAILED, DISK-FULL,
// NET-LOST; Interrupted after a stop. Paths are absolute, or begin in the user's home.
#pragma once

#include "core/base/bytes.h"
#include "remote/ssh/session.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::remote {

/// Whether a name from the other side can be one of a file here: no folder, no control character, at most 255 bytes.
bool isPlainName(const std::string &name);

/// Where a file goes before it is whole: NAME.part, or another name in its folder where that would be too long.
std::string partOf(const std::string &path);

struct RemoteFile {
  enum class Kind { File, Folder, Link, Other };
  std::string name; // plain; empty from stat
  Kind kind = Kind::Other;
  uint64_t size = 0;
  uint64_t changedAt = 0; // seconds since the epoch
  uint32_t mode = 0;      // the lower 12 bits
};

/// `mode` as stat(2) has it: the type of the file, and its permissions.
RemoteFile remoteFile(uint32_t mode, uint64_t size, uint64_t changedAt);

struct RemoteList {
  std::vector<RemoteFile> files;
  size_t refused = 0;   // entries whose names are not plain
  bool complete = true; // false where there are more than asked for

  /// One more entry, by the name that the other side gives it.
  void add(RemoteFile file, std::string name);
};

class RemoteFiles {
public:
  virtual ~RemoteFiles() = default;
  RemoteFiles(const RemoteFiles &) = delete;
  RemoteFiles &operator=(const RemoteFiles &) = delete;

  SshSession &session() { return m_session; }
  /// The user's home folder, absolute.
  const std::string &home() const { return m_home; }
  /// For commands, which begin where start-up files leave them.
  std::string absolute(const std::string &path) const { return !path.empty() && path[0] == '/' ? path : m_home + "/" + path; }
  /// Of what a link points to, unless `ofLink`.
  virtual Result<RemoteFile> stat(const std::string &path, bool ofLink = false) = 0;
  /// stat(), or nothing where the path is missing.
  Result<std::optional<RemoteFile>> find(const std::string &path);
  Result<RemoteList> list(const std::string &folder, size_t most = 10000);
  /// Bytes that the user may still write in the file system of `path`.
  virtual Result<uint64_t> freeBytes(const std::string &path) = 0;
  /// Hands [offset, offset + length) to `sink` in order, as far as the file goes; the number of bytes handed over.
  virtual Result<uint64_t> read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                                const StopToken &stop = {}) = 0;
  /// Writes what `source` puts into its buffer from `offset` on, until it puts nothing; at offset 0 the file begins anew (0600).
  virtual Status write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
                       const StopToken &stop = {}) = 0;
  /// Gives a channel back until it is needed again, for servers that open one at a time.
  virtual void release() {}
  /// Seconds between two looks at a growing file that the other side bears well.
  virtual double pace() const { return 0; }

protected:
  explicit RemoteFiles(SshSession &session) : m_session(session) {}
  virtual Result<RemoteList> entries(const std::string &folder, size_t most) = 0;
  /// Usage for a path that none can be.
  Status checkPath(const std::string &path) const;
  std::string where(const std::string &path) const { return m_session.options().host + ":" + path; }

  SshSession &m_session;
  std::string m_home;
};

} // namespace attune::remote
