// Blocking work off the GUI thread, its result back on it. Owned by the application; GUI thread only.
// Results cross in a queue under a mutex; Qt is only told that something waits.
#pragma once

#include "core/base/service_pool.h"
#include "core/base/stop_token.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <memory>
#include <set>
#include <utility>

namespace attune::ui {

/// Cancels its work when it is dropped or replaced: the work's token stops and its result is thrown away.
class Task {
public:
  Task() = default;
  explicit Task(StopSource stop) : m_stop(std::make_unique<StopSource>(std::move(stop))) {}
  ~Task() { cancel(); }
  Task(Task &&) = default;
  Task &operator=(Task &&other) noexcept {
    cancel();
    m_stop = std::move(other.m_stop);
    return *this;
  }
  void cancel() {
    if (m_stop) m_stop->requestStop();
    m_stop.reset();
  }

private:
  std::unique_ptr<StopSource> m_stop;
};

class TaskRunner : public QObject {
  Q_OBJECT

public:
  explicit TaskRunner(QObject *parent = nullptr, int threads = 2);
  ~TaskRunner() override;

  /// Runs `work(StopToken)` on a service thread, then `done(result)` here, unless the Task or `context` is gone by then.
  template <typename Work, typename Done> [[nodiscard]] Task run(QObject *context, Work work, Done done) {
    const StopSource stop;
    start(stop, [this, stop, context = QPointer<QObject>(context), work = std::move(work), done = std::move(done)]() mutable {
      auto result = std::make_shared<decltype(work(StopToken()))>(work(stop.token()));
      finish([stop, context = std::move(context), done = std::move(done), result]() mutable {
        if (!stop.stopRequested() && context) done(std::move(*result));
      });
    });
    return Task(stop);
  }

private:
  void start(const StopSource &stop, std::function<void()> work);
  void finish(std::function<void()> deliver); // any thread
  void deliverAll();

  struct Deliveries;
  std::unique_ptr<Deliveries> m_deliveries;
  std::vector<std::weak_ptr<const StopSource>> m_started; // gone once its work is over
  std::unique_ptr<ServicePool> m_pool;                    // last: its threads end before what they use
};

} // namespace attune::ui
