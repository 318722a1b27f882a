// A few threads for short blocking work of the pages: reading folders, planning, tokenising. First come, first served.
// Any thread may add; destruction drops what waits and joins what runs, so work must heed its stop token.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace attune {

class ServicePool {
public:
  explicit ServicePool(int threads = 2);
  ~ServicePool();
  ServicePool(const ServicePool &) = delete;
  ServicePool &operator=(const ServicePool &) = delete;

  /// `work` must not throw.
  void add(std::function<void()> work);

private:
  void loop();

  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<std::function<void()>> m_queue;
  bool m_shutdown = false;
  std::vector<std::thread> m_threads;
};

} // namespace attune
