// The thread that runs one device's jobs, one after another in the order they came. Jobs never overlap.
// Any thread may add; destruction asks the running job to stop through `onShutdown` of each job and waits for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace attune::core {

struct Job {
  std::function<void()> run;                    // on the job thread; what it throws is caught and given to `failed`
  std::function<void(const char *what)> failed; // the last net; must not throw
  std::function<void()> onShutdown;             // asks the job to end early; any thread
  std::function<void()> onWaiting;              // called by add(), before the job can begin, when another one is ahead
};

class JobThread {
public:
  JobThread();
  ~JobThread();
  JobThread(const JobThread &) = delete;
  JobThread &operator=(const JobThread &) = delete;

  void add(Job job);

private:
  void work();

  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Job> m_queue; // the front one runs
  bool m_shutdown = false;
  std::thread m_thread;
};

} // namespace attune::core
