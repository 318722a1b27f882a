// The system calls that FileCalls looks at: ours come before the C library's when the program is linked.
#include "tests/support/file_calls.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

using attune::test::FileCalls;

namespace {

bool diesNow() { return FileCalls::current() && FileCalls::current()->diesNow(); }

/// Does half of the write when the process is to die in it.
template <typename Write> ssize_t written(const void *bytes, size_t size, const Write &write) {
  const bool dies = diesNow();
  const iovec part = {const_cast<void *>(bytes), dies ? size / 2 : size};
  const ssize_t done = write(part);
  if (dies) ::raise(SIGKILL);
  return done;
}

} // namespace

extern "C" int fsync(int fd) {
  if (FileCalls *calls = FileCalls::current()) calls->noteSync(fd);
  return ::fdatasync(fd);
}

extern "C" int rename(const char *from, const char *to) noexcept {
  if (FileCalls *calls = FileCalls::current()) {
    calls->noteRename(from, to);
    if (calls->onRename) calls->onRename();
    if (calls->diesNow()) ::raise(SIGKILL);
  }
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

extern "C" ssize_t write(int fd, const void *bytes, size_t size) {
  return written(bytes, size, [fd](const iovec &part) { return ::writev(fd, &part, 1); });
}

extern "C" ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return written(bytes, size, [fd, at](const iovec &part) { return ::pwritev(fd, &part, 1, at); });
}
