#include "remote/ssh/watchdog.h"

#include <chrono>

namespace attune::remote {

Watchdog::Watchdog(SshSession &session, StopToken stop)
    : m_session(session), m_stop(std::move(stop)), m_limit(session.options().silentSeconds + session.options().probeSeconds),
      m_last(m_clock.steady()), m_thread([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_done = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void Watchdog::beat() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_last = m_clock.steady();
}

void Watchdog::watch() {
  std::unique_lock<std::mutex> lock(m_mutex);
  bool told = false;
  while (!m_wake.wait_for(lock, std::chrono::milliseconds(200), [this] { return m_done; })) {
    const double silent = m_clock.steady() - m_last;
    if (silent > m_session.options().silentSeconds && !told && m_session.options().onSilent) m_session.options().onSilent();
    told = silent > m_session.options().silentSeconds;
    if (silent > m_limit || (m_stop.stopRequested() && silent > 5)) {
      m_session.abort();
      return;
    }
  }
}

} // namespace attune::remote
