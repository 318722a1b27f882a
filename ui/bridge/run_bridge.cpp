#include "ui/bridge/run_bridge.h"

#include <mutex>

namespace attune::ui {

/// The queue with a way to the bridge that can be cut: the job may push after the window is gone.
struct RunBridge::Shared : api::EventSink {
  explicit Shared(RunBridge *owner) : bridge(owner), queue([this] { wake(); }) {}

  void push(const api::RunEvent &event) override { queue.push(event); }

  void wake() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (bridge) QMetaObject::invokeMethod(bridge, &RunBridge::onWake, Qt::QueuedConnection);
  }

  std::mutex mutex;
  RunBridge *bridge; // null once the bridge is gone
  api::EventQueue queue;
};

RunBridge::RunBridge(QObject *parent) : QObject(parent), m_shared(std::make_shared<Shared>(this)) {
  m_gather.setSingleShot(true);
  m_gather.setInterval(50);
  connect(&m_gather, &QTimer::timeout, this, &RunBridge::deliver);
}

RunBridge::~RunBridge() {
  const std::lock_guard<std::mutex> lock(m_shared->mutex);
  m_shared->bridge = nullptr;
}

std::shared_ptr<api::EventSink> RunBridge::sink() const { return m_shared; }

void RunBridge::onWake() {
  if (!m_gather.isActive()) m_gather.start();
}

void RunBridge::deliver() {
  const std::vector<api::RunEvent> events = m_shared->queue.take();
  if (!events.empty()) Q_EMIT arrived(events);
}

} // namespace attune::ui
