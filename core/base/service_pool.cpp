#include "core/base/service_pool.h"

#include <system_error>
#include <utility>

namespace attune {

ServicePool::ServicePool(int threads) {
  m_threads.reserve(static_cast<size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) m_threads.emplace_back([this] { loop(); });
  } catch (const std::system_error &) {
    if (m_threads.empty()) throw; // with fewer the work takes longer
  }
}

ServicePool::~ServicePool() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_shutdown = true;
    m_queue.clear();
  }
  m_wake.notify_all();
  for (std::thread &thread : m_threads) thread.join();
}

void ServicePool::add(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_shutdown) return;
    m_queue.push_back(std::move(work));
  }
  m_wake.notify_one();
}

void ServicePool::loop() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock<std::mutex> lock(m_mutex);
      m_wake.wait(lock, [this] { return m_shutdown || !m_queue.empty(); });
      if (m_shutdown) return;
      work = std::move(m_queue.front());
      m_queue.pop_front();
    }
    work();
  }
}

} // namespace attune
