#include "core/api/event_queue.h"
#include "core/backend/local_backend.h"

#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

using namespace attune;
using namespace attune::core;

namespace {

/// Collects events and lets the test wait for run_finished.
class WaitingSink : public api::EventSink {
public:
  void push(const api::RunEvent &event) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_events.push_back(event);
    if (const auto *finished = std::get_if<api::RunFinished>(&event.body)) {
      if (++m_finishes == 1) m_promise.set_value(*finished);
    }
  }
  api::RunFinished wait() { return m_promise.get_future().get(); }
  int finishes() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_finishes;
  }
  std::vector<api::RunEvent> events() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_events;
  }

private:
  std::mutex m_mutex;
  std::vector<api::RunEvent> m_events;
  int m_finishes = 0;
  std::promise<api::RunFinished> m_promise;
};

api::RunRequest requestFor(const std::string &folder) {
  api::RunRequest request;
  request.folder = folder;
  return request;
}

} // namespace

TEST_CASE("a run that fails before it starts, throws or says so itself ends in exactly one run_finished") {
  LocalBackend backend([](const TrainingRequest &request, api::EventSink &sink, RunControl &) -> Result<TrainingResult> {
    if (request.run.folder == "refused") return Error{ErrorCode::NothingToTrain, "Nothing.", "", "", {}};
    if (request.run.folder == "throws") throw std::runtime_error("oops");
    sink.push({1, 0, api::RunStarted{}});
    if (request.run.folder == "throws late") throw 5;
    sink.push({2, 0, api::RunFinished{api::RunOutcome::Completed, 3, std::nullopt}});
    return TrainingResult{};
  });
  for (const auto &[folder, code] : {std::pair<std::string, std::string>{"refused", "nothing_to_train"},
                                     {"throws", "internal"},
                                     {"throws late", "internal"},
                                     {"good", ""}}) {
    auto sink = std::make_shared<WaitingSink>();
    const auto handle = backend.start(requestFor(folder), sink);
    REQUIRE(handle.ok());
    const api::RunFinished finished = sink->wait();
    CHECK((finished.error ? finished.error->code : "") == code);
    CHECK((*handle)->folder() == folder);
    CHECK(sink->finishes() == 1);
  }
}

TEST_CASE("a second run waits for the first, can be stopped while waiting, and controls reach the right run") {
  std::promise<void> running;
  LocalBackend backend([&](const TrainingRequest &, api::EventSink &sink, RunControl &control) -> Result<TrainingResult> {
    sink.push({1, 0, api::RunStarted{}});
    running.set_value(); // a second run that got here would throw
    while (!control.stopRequested()) std::this_thread::yield();
    CHECK(control.takeCheckpointRequest());
    sink.push({2, 0, api::RunFinished{api::RunOutcome::Stopped, 1, std::nullopt}});
    return TrainingResult{};
  });
  auto first = std::make_shared<WaitingSink>(), second = std::make_shared<WaitingSink>();
  const auto one = backend.start(requestFor("one"), first);
  running.get_future().wait();
  const auto two = backend.start(requestFor("two"), second);
  CHECK(std::get<api::StateChanged>(second->events().at(0).body).state == api::RunState::Waiting);
  (*two)->requestStop();
  CHECK_FALSE((*one)->finished());
  (*one)->requestCheckpoint();
  (*one)->requestStop();
  CHECK(first->wait().outcome == api::RunOutcome::Stopped);
  CHECK(second->wait().outcome == api::RunOutcome::Stopped);
  CHECK(second->events().size() == 2);
}

TEST_CASE("closing the backend stops what runs and waits for its last event") {
  auto sink = std::make_shared<WaitingSink>();
  {
    LocalBackend backend([](const TrainingRequest &, api::EventSink &events, RunControl &control) -> Result<TrainingResult> {
      while (!control.stopRequested()) std::this_thread::yield();
      events.push({1, 0, api::RunFinished{api::RunOutcome::Stopped, 0, std::nullopt}});
      return TrainingResult{};
    });
    REQUIRE(backend.start(requestFor("x"), sink).ok());
  }
  CHECK(sink->finishes() == 1);
}
