#include "remote/ssh/download.h"

#include "core/base/atomic_file.h"
#include "remote/fault.h"
#include "remote/ssh/file_hash.h"
#include "remote/ssh/file_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace attune::remote {
namespace {

constexpr uint64_t kHashPiece = uint64_t(1) << 20, kFlushPiece = uint64_t(8) << 20;

Error localError(const char *what, const std::string &path) {
  const int of[] = {ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EROFS, ELOOP}; // the place, not its room
  const bool full = std::find(std::begin(of), std::end(of), errno) == std::end(of);
  return fault(full ? "LOCAL-FULL" : "LOCAL-FILE", std::string(what) + ": " + std::strerror(errno) + ".", path,
               full ? "Make room on this disk, then go on." : "Name a folder that is there and that you may write to.");
}

/// NAME.part, open as long as the object lives.
class PartFile {
public:
  explicit PartFile(std::string path) : m_path(std::move(path)) {
    m_file = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  }
  ~PartFile() {
    if (m_file >= 0) ::close(m_file);
  }
  PartFile(const PartFile &) = delete;
  PartFile &operator=(const PartFile &) = delete;

  /// Its length; what is longer than `most` is thrown away.
  Result<uint64_t> begin(uint64_t most) {
    struct stat info {};
    if (m_file < 0 || ::fstat(m_file, &info) != 0 || !S_ISREG(info.st_mode)) return localError("The file cannot be written here", m_path);
    struct stat there {};
    const bool held = ::flock(m_file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; // not every file system has locks
    if (held || ::stat(m_path.c_str(), &there) != 0 || there.st_ino != info.st_ino)
      return fault("LOCAL-FILE", "This file is being copied already.", m_path, "Wait for its end.");
    const auto size = static_cast<uint64_t>(info.st_size);
    const uint64_t kept = size <= most ? size : 0;
    if (kept != size && ::ftruncate(m_file, 0) != 0) return localError("The file cannot be written here", m_path);
    struct statvfs room {};
    if (::fstatvfs(m_file, &room) == 0 && room.f_frsize * room.f_bavail < most - kept) {
      errno = ENOSPC;
      return localError("The file does not fit here", m_path);
    }
    return kept;
  }
  Status write(uint64_t at, ByteView bytes) {
    for (size_t done = 0; done < bytes.size;) {
      const ssize_t n = ::pwrite(m_file, bytes.data + done, bytes.size - done, static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return localError("The file cannot be written here", m_path);
      done += static_cast<size_t>(n);
    }
    const uint64_t end = at + bytes.size;
    if (end / kFlushPiece != at / kFlushPiece) // on its way to the disk meanwhile, so that finish() has little to wait for
      ::sync_file_range(m_file, 0, static_cast<off_t>(end), SYNC_FILE_RANGE_WRITE);
    return {};
  }
  Status finish(const std::string &to) {
    if (::fsync(m_file) != 0 || ::rename(m_path.c_str(), to.c_str()) != 0) return localError("The file cannot be put in its place", to);
    const size_t slash = to.rfind('/');
    return syncFolder(slash == std::string::npos ? "." : to.substr(0, slash));
  }

private:
  const std::string m_path;
  int m_file;
};

} // namespace

Status download(RemoteFiles &files, CommandRunner &runner, const Download &job, const StopToken &stop) {
  const std::string part = partOf(job.to);
  std::string problem = "FETCH-HASH";
  for (int attempt = 0; attempt < 3; ++attempt) {
    ATTUNE_TRY(const RemoteFile before, files.stat(job.from));
    if (before.kind != RemoteFile::Kind::File)
      return fault("FILE-FAILED", "This is no file.", files.session().options().host + ":" + job.from, "Choose a file.");
    if (!job.sha256.empty() && before.size != job.size)
      return fault("FETCH-CHANGED",
                   "The file is not the one that was written: it has " + std::to_string(before.size) + " bytes, not " +
                       std::to_string(job.size) + ".",
                   files.session().options().host + ":" + job.from, "Look who writes there.");
    PartFile file(part);
    ATTUNE_TRY(uint64_t at, file.begin(attempt == 0 ? before.size : 0));
    const bool resumed = at > 0;
    if (attempt > 0) ATTUNE_CHECK(file.begin(before.size)); // is there room?
    RunningHash hash(part);
    const auto keep = [&](ByteView bytes) -> Status {
      ATTUNE_CHECK(file.write(at, bytes));
      at += bytes.size;
      if (at / kHashPiece != (at - bytes.size) / kHashPiece) hash.advance(at);
      if (job.progress) job.progress(at, before.size);
      return {};
    };
    std::string there = job.sha256;
    const std::string path = files.absolute(job.from);
    const auto streamed = streamDown(runner, path, at, before.size - at, there.empty(), keep, stop);
    if (!streamed.ok() && !isStreamRefused(streamed.error())) return streamed.error();
    if (!streamed.ok()) {
      ATTUNE_TRY(const uint64_t got, files.read(job.from, at, before.size - at, keep, stop));
      static_cast<void>(got);
    }
    ATTUNE_TRY(const RemoteFile after, files.stat(job.from));
    const bool changed = after.size != before.size || at != before.size || after.changedAt != before.changedAt;
    ATTUNE_TRY(const std::string here, hash.finish(at, stop, [&] {
      if (job.progress) job.progress(before.size, before.size);
    }));
    if (there.empty() && streamed.ok()) there = *streamed;
    if (there.empty()) {
      ATTUNE_TRY(there, hashThere(runner, path, stop));
    }
    // Without a hash of earlier the file may have been hashed before it changed: that is luck.
    if (here == there && (!changed || !job.sha256.empty())) return file.finish(job.to);
    problem = changed ? "FETCH-CHANGED" : "FETCH-HASH";
    if (!changed && !resumed && attempt > 0) break;
  }
  const std::string where = files.session().options().host + ":" + job.from;
  if (problem == "FETCH-CHANGED")
    return fault("FETCH-CHANGED", "The file kept changing while it was copied.", where, "Copy it again when nobody writes it.");
  return fault("FETCH-HASH", "The copy differs from the file on " + files.session().options().host + ".", where, "Copy it again.");
}

} // namespace attune::remote
