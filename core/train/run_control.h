// Requests to a running training: flags that any thread or signal handler sets and the job thread reads between steps.
// Lock-free and async-signal-safe; shared by the handle and the job.
#pragma once

#include <atomic>
#include <functional>

namespace attune::core {

class RunControl {
public:
  void requestStop() { m_stop.store(true); }
  void requestPause() { m_pause.store(true); }
  void requestResume() { m_pause.store(false); }
  void requestCheckpoint() { m_checkpoint.store(true); }

  bool stopRequested() const { return m_stop.load() || (externalStop && externalStop()); }
  bool pauseRequested() const { return m_pause.load(); }
  /// True once after each request.
  bool takeCheckpointRequest() { return m_checkpoint.exchange(false) || (externalCheckpoint && externalCheckpoint()); }

  /// Further sources, such as a process's signals; set before the run starts.
  std::function<bool()> externalStop;
  std::function<bool()> externalCheckpoint;

private:
  std::atomic<bool> m_stop{false};
  std::atomic<bool> m_pause{false};
  std::atomic<bool> m_checkpoint{false};
};

} // namespace attune::core
