// Where a run's events go. push() is called on the job thread; it returns nothing, never throws, never waits.
#pragma once

#include "core/api/run_event.h"

namespace attune::api {

class EventSink {
public:
  virtual ~EventSink() = default;
  virtual void push(const RunEvent &event) = 0;
};

} // namespace attune::api
