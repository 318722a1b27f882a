#include "remote/ssh/sftp.h"

#include "remote/ssh/file_fault.h"
#include "remote/ssh/tcp.h"
#include "remote/ssh/watchdog.h"

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>

namespace attune::remote {
namespace {

constexpr uint32_t kReadSize = 32768; // more in one request can come back short and unseen (libssh 0.10 with OpenSSH)
constexpr size_t kReadsAhead = 32;

/// SFTP blocks in libssh 0.10, so the session does as long as one call takes; a watchdog ends what never comes back.
class Blocking {
public:
  Blocking(SshSession &session, const StopToken &stop)
      : m_session(session), m_before(ssh_is_blocking(session.handle())), m_watchdog(session, stop) {
    ssh_set_blocking(session.handle(), 1);
  }
  ~Blocking() { ssh_set_blocking(m_session.handle(), m_before); } // a transfer may go on around it
  Blocking(const Blocking &) = delete;
  Blocking &operator=(const Blocking &) = delete;
  void beat() { m_watchdog.beat(); }

private:
  SshSession &m_session;
  const int m_before;
  Watchdog m_watchdog;
};

struct FileClose {
  void operator()(sftp_file file) const { sftp_close(file); }
};
using File = std::unique_ptr<sftp_file_struct, FileClose>;

RemoteFile describe(const sftp_attributes_struct &attributes) {
  return remoteFile(attributes.permissions, attributes.size, attributes.mtime);
}

} // namespace

Result<std::unique_ptr<Sftp>> Sftp::open(SshSession &session, const StopToken &stop) {
  std::unique_ptr<Sftp> sftp(new Sftp(session));
  ATTUNE_CHECK(sftp->connect(stop));
  return sftp;
}

Status Sftp::connect(const StopToken &stop) {
  ATTUNE_TRY(m_channel, m_session.openChannel(m_session.options().probeSeconds, stop));
  Blocking blocking(m_session, stop);
  const bool asked = ssh_channel_request_sftp(m_channel) == SSH_OK;
  if (asked) m_sftp = sftp_new_channel(m_session.handle(), m_channel);
  char *home = m_sftp && sftp_init(m_sftp) == SSH_OK ? sftp_canonicalize_path(m_sftp, ".") : nullptr;
  const bool good = home && home[0] == '/';
  if (good) m_home = home;
  ssh_string_free_char(home);
  if (good) return {};
  if (!ssh_is_connected(m_session.handle())) return m_session.lose("the other side closed it");
  return fault("SFTP-OFF", m_session.options().host + " offers no file transfer (SFTP).", m_session.name(),
               "Ask the centre to switch it on.");
}

Sftp::~Sftp() { release(); }

void Sftp::release() {
  if (m_sftp) { // frees the channel as well, whose place is free again
    sftp_free(m_sftp);
    m_session.closeChannel(nullptr);
  } else if (m_channel) {
    m_session.closeChannel(m_channel);
  }
  m_sftp = nullptr;
  m_channel = nullptr;
}

Status Sftp::ready(const std::string &path) {
  if (m_session.lost()) return m_session.lose("it was given up");
  ATTUNE_CHECK(checkPath(path));
  if (!m_sftp) {
    release(); // after a failure half-way
    ATTUNE_CHECK(connect({}));
  }
  return {};
}

Error Sftp::failed(const std::string &path) {
  const int code = sftp_get_error(m_sftp);
  if (!ssh_is_connected(m_session.handle()) || code == SSH_FX_CONNECTION_LOST || code == SSH_FX_NO_CONNECTION)
    return m_session.lose("the other side closed it");
  if (code == SSH_FX_NO_SUCH_FILE || code == SSH_FX_NO_SUCH_PATH) return fileMissing(where(path));
  if (code == SSH_FX_PERMISSION_DENIED) return fileDenied(where(path));
  const std::string::size_type slash = path.rfind('/');
  sftp_statvfs_t space = sftp_statvfs(m_sftp, slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash).c_str());
  const bool full = space && space->f_bavail == 0; // the server tells a full disk by the same code as everything else
  if (space) sftp_statvfs_free(space);
  if (full) return diskFull(where(path));
  return fault("FILE-FAILED", "The file on " + m_session.options().host + " cannot be used (code " + std::to_string(code) + ").",
               where(path), "Check the path, its permissions and your quota.");
}

Result<RemoteFile> Sftp::stat(const std::string &path, bool ofLink) {
  ATTUNE_CHECK(ready(path));
  Blocking blocking(m_session, {});
  sftp_attributes attributes = ofLink ? sftp_lstat(m_sftp, path.c_str()) : sftp_stat(m_sftp, path.c_str());
  if (!attributes) return failed(path);
  const RemoteFile file = describe(*attributes);
  sftp_attributes_free(attributes);
  return file;
}

Result<RemoteList> Sftp::entries(const std::string &folder, size_t most) {
  ATTUNE_CHECK(ready(folder));
  Blocking blocking(m_session, {});
  sftp_dir dir = sftp_opendir(m_sftp, folder.c_str());
  if (!dir) return failed(folder);
  RemoteList list;
  bool more = true;
  for (size_t seen = 0; more && seen < most + 2; ++seen) { // "." and ".." besides
    sftp_attributes attributes = sftp_readdir(m_sftp, dir);
    blocking.beat();
    if (!attributes) {
      more = false;
      break;
    }
    list.add(describe(*attributes), attributes->name ? attributes->name : "");
    sftp_attributes_free(attributes);
  }
  const bool whole = sftp_dir_eof(dir) != 0;
  const Status status = more || whole ? Status() : Status(failed(folder));
  sftp_closedir(dir);
  ATTUNE_CHECK(status);
  list.complete = !more;
  return list;
}

Result<uint64_t> Sftp::freeBytes(const std::string &path) {
  ATTUNE_CHECK(ready(path));
  Blocking blocking(m_session, {});
  sftp_statvfs_t space = sftp_statvfs(m_sftp, path.c_str());
  if (!space) return failed(path);
  const uint64_t bytes = space->f_frsize && space->f_bavail > UINT64_MAX / space->f_frsize ? UINT64_MAX : space->f_bavail * space->f_frsize;
  sftp_statvfs_free(space);
  return bytes;
}

Result<uint64_t> Sftp::read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                            const StopToken &stop) {
  ATTUNE_CHECK(ready(path));
  Blocking blocking(m_session, stop);
  const File file(sftp_open(m_sftp, path.c_str(), O_RDONLY, 0));
  if (!file) return failed(path);
  const uint64_t end = offset + std::min(length, UINT64_MAX - offset); // to ask how long it is would cost a round trip

  struct Asked {
    uint32_t id;
    uint32_t length;
  };
  std::deque<Asked> asked;
  std::vector<uint8_t> buffer(kReadSize);
  uint64_t next = offset, done = offset;
  sftp_seek64(file.get(), next);
  Status status;
  while (status.ok() && done < end) {
    while (asked.size() < kReadsAhead && next < end) {
      const auto want = static_cast<uint32_t>(std::min<uint64_t>(kReadSize, end - next));
      const int id = sftp_async_read_begin(file.get(), want);
      if (id < 0) return failed(path);
      asked.push_back({static_cast<uint32_t>(id), want});
      next += want;
    }
    const Asked first = asked.front();
    asked.pop_front();
    const int n = sftp_async_read(file.get(), buffer.data(), first.length, first.id);
    blocking.beat();
    if (n < 0) return failed(path);
    if (n > 0) status = sink({buffer.data(), static_cast<size_t>(n)});
    done += static_cast<uint64_t>(n);
    if (stop.stopRequested()) status = interrupted();
    if (static_cast<uint32_t>(n) == first.length && status.ok()) continue;
    for (const Asked &late : asked) { // they are of the wrong places now, and libssh keeps their answers until they are taken
      std::vector<uint8_t> unused(late.length);
      sftp_seek64(file.get(), done); // or libssh, once it met the end, takes no more of them
      sftp_async_read(file.get(), unused.data(), late.length, late.id);
    }
    asked.clear();
    if (n == 0) break; // its end
    next = done;
    sftp_seek64(file.get(), next);
  }
  if (!status.ok()) return status.error();
  return done - offset;
}

Status Sftp::write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
                   const StopToken &stop) {
  ATTUNE_CHECK(ready(path));
  Blocking blocking(m_session, stop);
  if (offset == 0) sftp_unlink(m_sftp, path.c_str()); // it may be a link
  const File file(sftp_open(m_sftp, path.c_str(), O_WRONLY | O_CREAT | (offset == 0 ? O_EXCL : 0), 0600));
  if (!file) return failed(path);
  sftp_seek64(file.get(), offset);
  // A server that tells its limits is OpenSSH, which takes 255 KiB at once; others are only sure to take 32.
  std::vector<char> buffer(sftp_extension_supported(m_sftp, "limits@openssh.com", "1") ? 255 * 1024 : 32768);
  for (;;) {
    if (stop.stopRequested()) return interrupted();
    ATTUNE_TRY(const size_t n, source(buffer.data(), buffer.size()));
    if (n == 0) break;
    const ssize_t written = sftp_write(file.get(), buffer.data(), n);
    blocking.beat();
    if (written != static_cast<ssize_t>(n)) return failed(path);
  }
  if (sftp_extension_supported(m_sftp, "fsync@openssh.com", "1") && sftp_fsync(file.get()) != 0) return failed(path);
  return {};
}

} // namespace attune::remote
