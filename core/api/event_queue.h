// The live copy of a run's events for one consumer: filled on the job thread, emptied on the consumer's.
// `wake` is called on the pushing thread once each time the queue turns non-empty; it must not block or throw.
#pragma once

#include "core/api/event_sink.h"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace attune::api {

class EventQueue : public EventSink {
public:
  explicit EventQueue(std::function<void()> wake = {}) : m_wake(std::move(wake)) {}

  void push(const RunEvent &event) override {
    bool wasEmpty = false;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      wasEmpty = m_events.empty();
      m_events.push_back(event);
    }
    if (wasEmpty && m_wake) m_wake();
  }

  /// Everything that waits, oldest first; the queue is empty afterwards.
  std::vector<RunEvent> take() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return std::exchange(m_events, {});
  }

private:
  std::function<void()> m_wake;
  std::mutex m_mutex;
  std::vector<RunEvent> m_events;
};

/// Hands every event to several sinks in order, on the pushing thread; does not own them.
class EventTee : public EventSink {
public:
  explicit EventTee(std::vector<EventSink *> sinks) : m_sinks(std::move(sinks)) {}
  void push(const RunEvent &event) override {
    for (EventSink *sink : m_sinks) sink->push(event);
  }

private:
  std::vector<EventSink *> m_sinks;
};

} // namespace attune::api
