// Files of the other side over SFTP (protocol 3), on a channel of a session and on its thread. Every name that comes from there
// is checked. Fails with FILE-MISSING, FILE-DENIED, FILE-FAILED, DISK-FULL, SFTP-OFF (no such subsystem), NET-LOST; Interrupted
// after a stop. Paths are absolute, or begin in the user's home.
#pragma once

#include "core/base/bytes.h"
#include "remote/ssh/session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sftp_session_struct;

namespace attune::remote {

/// Whether a name from the other side can be one of a file here: no folder, no control character, at most 255 bytes.
bool isPlainName(const std::string &name);

struct RemoteFile {
  enum class Kind { File, Folder, Link, Other };
  std::string name; // plain; empty from stat
  Kind kind = Kind::Other;
  uint64_t size = 0;
  uint64_t changedAt = 0; // seconds since the epoch
  uint32_t mode = 0;      // the lower 12 bits
};

struct RemoteList {
  std::vector<RemoteFile> files;
  size_t refused = 0;   // entries whose names are not plain
  bool complete = true; // false where there are more than asked for
};

class Sftp {
public:
  static Result<std::unique_ptr<Sftp>> open(SshSession &session, const StopToken &stop = {});
  ~Sftp();
  Sftp(const Sftp &) = delete;
  Sftp &operator=(const Sftp &) = delete;

  SshSession &session() { return m_session; }
  /// Gives its channel back until it is needed again, for servers that open one at a time.
  void release();
  /// For commands, which begin where start-up files leave them.
  std::string absolute(const std::string &path) const { return !path.empty() && path[0] == '/' ? path : m_home + "/" + path; }
  /// Of what a link points to, unless `ofLink`.
  Result<RemoteFile> stat(const std::string &path, bool ofLink = false);
  Result<RemoteList> list(const std::string &folder, size_t most = 10000);
  /// Bytes that the user may still write in the file system of `path`.
  Result<uint64_t> freeBytes(const std::string &path);
  /// Hands [offset, offset + length) to `sink` in order, as far as the file goes; the number of bytes handed over.
  Result<uint64_t> read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                        const StopToken &stop = {});
  /// Writes what `source` puts into its buffer from `offset` on, until it puts nothing; at offset 0 the file begins anew (0600).
  Status write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
               const StopToken &stop = {});

private:
  explicit Sftp(SshSession &session) : m_session(session) {}
  Status connect(const StopToken &stop);
  Error failed(const std::string &path);
  Status ready(const std::string &path);
  SshSession &m_session;
  ssh_channel_struct *m_channel = nullptr;
  sftp_session_struct *m_sftp = nullptr;
  std::string m_home;
};

} // namespace attune::remote
