#include "ui/bridge/run_bridge.h"

#include "ui/bridge/wake.h"

#include <algorithm>
#include <iterator>

namespace attune::ui {

namespace {

constexpr size_t kBatch = 10000; // some milliseconds of work

} // namespace

/// The queue with a way to the bridge that can be cut: the job may push after the window is gone.
struct RunBridge::Shared : api::EventSink {
  explicit Shared(RunBridge *owner) : wake(owner, [owner] { owner->onWake(); }), queue([this] { wake.call(); }) {}

  void push(const api::RunEvent &event) override { queue.push(event); }

  Wake wake;
  api::EventQueue queue;
};

RunBridge::RunBridge(QObject *parent) : QObject(parent), m_shared(std::make_shared<Shared>(this)) {
  m_gather.setSingleShot(true);
  m_gather.setInterval(50);
  connect(&m_gather, &QTimer::timeout, this, &RunBridge::deliver);
}

RunBridge::~RunBridge() { m_shared->wake.cut(); }

std::shared_ptr<api::EventSink> RunBridge::sink() const { return m_shared; }

void RunBridge::onWake() {
  if (!m_gather.isActive()) m_gather.start();
}

void RunBridge::deliver() {
  for (api::RunEvent &event : m_shared->queue.take()) m_waiting.push_back(std::move(event));
  const auto end = m_waiting.begin() + static_cast<std::ptrdiff_t>(std::min(m_waiting.size(), kBatch));
  const std::vector<api::RunEvent> events(std::make_move_iterator(m_waiting.begin()), std::make_move_iterator(end));
  m_waiting.erase(m_waiting.begin(), end);
  if (!m_waiting.empty()) m_gather.start();
  if (!events.empty()) Q_EMIT arrived(events);
}

} // namespace attune::ui
