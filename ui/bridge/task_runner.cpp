#include "ui/bridge/task_runner.h"

#include <mutex>

namespace attune::ui {

struct TaskRunner::Deliveries {
  std::mutex mutex;
  std::vector<std::function<void()>> waiting;
};

TaskRunner::TaskRunner(QObject *parent, int threads)
    : QObject(parent), m_deliveries(std::make_unique<Deliveries>()), m_pool(std::make_unique<ServicePool>(threads)) {}

TaskRunner::~TaskRunner() {
  for (const auto &started : m_started) {
    if (const auto stop = started.lock()) stop->requestStop();
  }
}

void TaskRunner::start(const StopSource &stop, std::function<void()> work) {
  const auto running = std::make_shared<const StopSource>(stop);
  std::erase_if(m_started, [](const auto &started) { return started.expired(); });
  m_started.push_back(running);
  m_pool->add([running, work = std::move(work)] { work(); });
}

void TaskRunner::finish(std::function<void()> deliver) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(m_deliveries->mutex);
    first = m_deliveries->waiting.empty();
    m_deliveries->waiting.push_back(std::move(deliver));
  }
  if (first) QMetaObject::invokeMethod(this, &TaskRunner::deliverAll, Qt::QueuedConnection);
}

void TaskRunner::deliverAll() {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard<std::mutex> lock(m_deliveries->mutex);
    all.swap(m_deliveries->waiting);
  }
  for (const auto &deliver : all) deliver();
}

} // namespace attune::ui
