#include "core/data/data_loader.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace attune::data {

namespace {
constexpr size_t kAhead = 2; // windows
}

struct DataLoader::Worker {
  Worker(BatchPlan thePlan, int64_t first, int64_t last) : plan(std::move(thePlan)), step(first), end(last) {
    try {
      thread = std::thread([this] { run(); });
    } catch (const std::system_error &) {
      // No more threads here: the reader makes each window as it asks for it.
    }
  }
  ~Worker() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    if (thread.joinable()) thread.join();
  }

  void run() {
    try {
      for (; step < end; ++step) {
        StepWindow window = plan.window(step);
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [this] { return stopping || ready.size() < kAhead; });
        if (stopping) return;
        ready.push_back(std::move(window));
        changed.notify_all();
      }
    } catch (...) { // out of memory: handed to the reader, which runs inside the job's own guard
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(mutex);
    finished = true;
    changed.notify_all();
  }

  const BatchPlan plan;
  int64_t step; // of the next window; of the one who makes them
  const int64_t end;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<StepWindow> ready;
  std::exception_ptr failure;
  bool stopping = false;
  bool finished = false;
  std::thread thread; // last: it uses everything above
};

DataLoader::DataLoader(BatchPlan plan, int64_t firstStep, int64_t lastStep)
    : m_worker(std::make_unique<Worker>(std::move(plan), firstStep, lastStep)) {}

DataLoader::~DataLoader() = default;

StepWindow DataLoader::next() {
  if (!m_worker->thread.joinable()) return m_worker->step < m_worker->end ? m_worker->plan.window(m_worker->step++) : StepWindow();
  std::unique_lock<std::mutex> lock(m_worker->mutex);
  m_worker->changed.wait(lock, [this] { return !m_worker->ready.empty() || m_worker->finished; });
  if (m_worker->ready.empty()) {
    if (m_worker->failure) std::rethrow_exception(m_worker->failure);
    return {};
  }
  StepWindow window = std::move(m_worker->ready.front());
  m_worker->ready.pop_front();
  m_worker->changed.notify_all();
  return window;
}

} // namespace attune::data
