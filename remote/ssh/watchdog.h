// Ends a session whose blocking calls (those of SFTP, in libssh 0.10) no longer come back: after the session's silence limits, or
// 5 s after a stop. beat() on the session's thread after each call; its own thread lives as long as the object.
#pragma once

#include "remote/ssh/session.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace attune::remote {

class Watchdog {
public:
  Watchdog(SshSession &session, StopToken stop);
  ~Watchdog();
  Watchdog(const Watchdog &) = delete;
  Watchdog &operator=(const Watchdog &) = delete;

  void beat();

private:
  void watch();
  SshSession &m_session;
  const StopToken m_stop;
  const double m_limit;
  const Clock m_clock = Clock::system();
  std::mutex m_mutex;
  std::condition_variable m_wake;
  double m_last;
  bool m_done = false;
  std::thread m_thread;
};

} // namespace attune::remote
