// A disk that is full, for this process. Test code, one thread.
#pragma once

#include <csignal>
#include <sys/resource.h>

namespace attune::test {

/// Files may not grow beyond `bytes` while this lives: the portable way to a full disk.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    m_oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &m_old);
    rlimit limit = {bytes, m_old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &m_old);
    std::signal(SIGXFSZ, m_oldHandler);
  }

private:
  rlimit m_old = {};
  void (*m_oldHandler)(int) = nullptr;
};

} // namespace attune::test
