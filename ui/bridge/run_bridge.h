// Brings a run's events from the job thread to the GUI in batches: the queue wakes once, 50 ms are gathered, then a batch
// is handed out, never more at once than a frame has time for. GUI thread; the sink may be pushed to from any thread and
// may outlive the bridge.
#pragma once

#include "core/api/event_queue.h"

#include <QObject>
#include <QTimer>

#include <deque>
#include <memory>
#include <vector>

namespace attune::ui {

class RunBridge : public QObject {
  Q_OBJECT

public:
  explicit RunBridge(QObject *parent = nullptr);
  ~RunBridge() override;
  std::shared_ptr<api::EventSink> sink() const;

Q_SIGNALS:
  void arrived(const std::vector<attune::api::RunEvent> &events);

private:
  void onWake();
  void deliver();

  struct Shared; // what the job thread holds
  std::shared_ptr<Shared> m_shared;
  std::deque<api::RunEvent> m_waiting;
  QTimer m_gather;
};

} // namespace attune::ui
