#include "core/backend/job_thread.h"

#include <exception>
#include <utility>

namespace attune::core {

JobThread::JobThread() : m_thread([this] { work(); }) {}

JobThread::~JobThread() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_shutdown = true;
    for (const Job &job : m_queue) {
      if (job.onShutdown) job.onShutdown();
    }
  }
  m_wake.notify_all();
  m_thread.join();
}

void JobThread::add(Job job) {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_shutdown && job.onShutdown) job.onShutdown();
    if (!m_queue.empty() && job.onWaiting) job.onWaiting();
    m_queue.push_back(std::move(job));
  }
  m_wake.notify_all();
}

void JobThread::work() {
  for (;;) {
    Job *job = nullptr;
    {
      std::unique_lock<std::mutex> lock(m_mutex);
      m_wake.wait(lock, [this] { return m_shutdown || !m_queue.empty(); });
      if (m_queue.empty()) return; // shut down, and every queued job has been told and has ended
      job = &m_queue.front();
    }
    try {
      job->run();
    } catch (const std::exception &error) {
      if (job->failed) job->failed(error.what());
    } catch (...) {
      if (job->failed) job->failed("an unknown exception");
    }
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_queue.pop_front();
  }
}

} // namespace attune::core
