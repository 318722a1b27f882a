// Lets any thread have something done on the GUI thread, as long as the object it is done for is there. Shared between that
// object and whoever wakes it: the object cuts it before it goes, and waking it then does nothing.
#pragma once

#include <QObject>

#include <functional>
#include <mutex>

namespace attune::ui {

class Wake {
public:
  Wake(QObject *owner, std::function<void()> act) : m_owner(owner), m_act(std::move(act)) {}

  /// Any thread: `act` runs later, on the owner's thread.
  void call() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_owner) QMetaObject::invokeMethod(m_owner, m_act, Qt::QueuedConnection);
  }
  /// GUI thread. A call from before may still come, unless the owner is destroyed by then.
  void cut() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_owner = nullptr;
  }

private:
  std::mutex m_mutex;
  QObject *m_owner;
  const std::function<void()> m_act;
};

} // namespace attune::ui
