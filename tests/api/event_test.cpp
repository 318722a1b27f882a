#include "core/api/event_json.h"
#include "core/api/event_queue.h"
#include "core/api/step_line.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <thread>

using namespace attune::api;

namespace {

std::vector<RunEventBody> oneOfEach() {
  StepMetrics step;
  step.step = 3;
  step.loss = 2.25;
  step.lr = 1.0 / 3;
  step.gradNorm = 0.5;
  step.tokens = 100;
  step.trainedTokens = 40;
  step.tokensPerSecond = 12.5;
  step.seconds = 8;
  step.memory.hostBytes = 5;
  step.memory.hostPeakBytes = 6;
  return {RunStarted{2, 10, "cpu", {{"attune", "0.1.0"}}},
          step,
          EvalResult{3, 1.5, 7},
          CheckpointSaved{3, "checkpoints/step-3"},
          StateChanged{RunState::Saving},
          SettingChanged{3, "optimizer.lr", "0.1", "0.2"},
          MemoryRetry{3, 2, 2},
          SampleAnswer{3, "你?", "a\nb"},
          RunWarning{"slow", "Slow."},
          Resumed{3, 2},
          RunFinished{RunOutcome::Failed, 3, RunErrorInfo{"not_finite", "NaN.", "Lower lr."}}};
}

} // namespace

TEST_CASE("every event survives its line, and lines hold no newline") {
  for (const RunEventBody &body : oneOfEach()) {
    const std::string line = eventToJson({7, 1.5, body});
    CHECK(line.find('\n') == std::string::npos);
    const auto again = eventFromJson(line);
    REQUIRE_MESSAGE(again.has_value(), line);
    CHECK(again->seq == 7);
    CHECK(again->body.index() == body.index());
    CHECK(eventToJson(*again) == line);
  }
}

TEST_CASE("the lines have exactly the contract's names") {
  const auto all = oneOfEach();
  CHECK(
      eventToJson({1, 2.0, all[1]}) ==
      R"({"type":"step","seq":1,"time":2.0,"step":3,"loss":2.25,"lr":0.3333333333333333,"grad_norm":0.5,"tokens":100,"trained_tokens":40,"tokens_per_second":12.5,"seconds":8.0,"memory":{"device_bytes":null,"device_peak_bytes":null,"host_bytes":5,"host_peak_bytes":6}})");
  CHECK(eventToJson({1, 2.0, all[0]}) ==
        R"({"type":"run_started","seq":1,"time":2.0,"attempt":2,"total_steps":10,"device":"cpu","versions":{"attune":"0.1.0"}})");
  CHECK(eventToJson({1, 2.0, all[5]}) ==
        R"({"type":"setting_changed","seq":1,"time":2.0,"step":3,"key":"optimizer.lr","from":0.1,"to":0.2})");
  CHECK(eventToJson({1, 2.0, all[9]}) == R"({"type":"resumed","seq":1,"time":2.0,"from_step":3,"attempt":2})");
  CHECK(
      eventToJson({1, 2.0, all[10]}) ==
      R"({"type":"run_finished","seq":1,"time":2.0,"outcome":"failed","step":3,"error":{"code":"not_finite","message":"NaN.","hint":"Lower lr."}})");
  CHECK(eventToJson({1, 2.0, RunFinished{}}) ==
        R"({"type":"run_finished","seq":1,"time":2.0,"outcome":"completed","step":0,"error":null})");
}

TEST_CASE("a loss that is not a number becomes null and comes back as such") {
  StepMetrics step;
  step.loss = std::numeric_limits<double>::quiet_NaN();
  const std::string line = eventToJson({1, 1, step});
  CHECK(line.find("\"loss\":null") != std::string::npos);
  CHECK(std::isnan(std::get<StepMetrics>(eventFromJson(line)->body).loss));
}

TEST_CASE("reading skips what it does not know and drops a torn last line") {
  const std::string good = eventToJson({1, 1, EvalResult{1, 2, 3}});
  const std::string text =
      good + "\n{\"type\":\"from_the_future\",\"seq\":2}\nnot json\n\n{\"type\":\"eval\"}\n" + good.substr(0, good.size() / 2);
  const auto events = eventsFromText(text);
  REQUIRE(events.size() == 2);
  CHECK(std::get<EvalResult>(events[1].body).step == 0);
  CHECK(eventsFromText(good).size() == 1);
  CHECK_FALSE(eventFromJson(R"({"type":"state","state":"dancing"})").has_value());
  CHECK_FALSE(eventFromJson(R"({"type":5})").has_value());
  CHECK_FALSE(eventFromJson("[]").has_value());
  CHECK(std::get<StepMetrics>(eventFromJson(R"({"type":"step","step":"x","loss":true})")->body).step == 0);
}

TEST_CASE("the fast way through a step line reads what the general one reads, whatever stands in it") {
  const auto same = [](const std::string &line) {
    const auto fast = eventFromJson(line), general = eventFromJson(" " + line); // a blank is nothing for the fast way
    REQUIRE_MESSAGE(fast.has_value() == general.has_value(), line);
    if (fast) CHECK_MESSAGE(eventToJson(*fast) == eventToJson(*general), line);
  };
  StepMetrics step{123, 1.8327356576919556, 1.9999e-4, 0.41, 4096, 3777, 3910.25, 0.0123, {}};
  step.memory = {{}, {}, int64_t(1) << 33, int64_t(1) << 34};
  const std::string line = eventToJson({7, 1795732718.1234567, step});
  CHECK(stepFromLine(line).has_value());
  CHECK_FALSE(stepFromLine(line.substr(0, line.size() - 1)).has_value());
  step.loss = std::nan("");
  CHECK(stepFromLine(eventToJson({8, 1e9, step})).has_value());
  for (const char *number : {"0",
                             "-0",
                             "-0.0",
                             "01",
                             "1.",
                             ".5",
                             "1e5",
                             "1E+05",
                             "1e-400",
                             "1e999",
                             "9007199254740993",
                             "12345678901234567890",
                             "99999999999999999999",
                             "-7",
                             "+7",
                             "null",
                             "nul",
                             "true",
                             "\"3\"",
                             "{}",
                             "[1]",
                             "0x10",
                             "inf",
                             "NaN",
                             "",
                             " 1",
                             "4.9406564584124654e-324",
                             "0.1e",
                             "5e15",
                             "2.5"}) {
    for (const char *key : {"seq", "step", "loss", "tokens", "time", "tokens_per_second"}) {
      const std::string member = std::string(1, '"') + key + "\":";
      const size_t begin = line.find(member) + member.size();
      same(std::string(line).replace(begin, line.find_first_of(",}", begin) - begin, number));
    }
  }
  uint32_t noise = 1;
  const std::string alphabet = "0123456789.eE+-\",:{}[]nul\\ \tstep";
  for (int i = 0; i < 20000; ++i) {
    std::string changed = line;
    for (int n = 0; n < 1 + i % 3; ++n) {
      noise = noise * 1664525U + 1013904223U;
      const size_t at = (noise >> 8) % changed.size();
      const char other = alphabet[(noise >> 3) % alphabet.size()];
      if (i % 4 == 0)
        changed.erase(at, 1);
      else if (i % 4 == 1)
        changed.insert(at, 1, other);
      else
        changed[at] = other;
    }
    same(changed);
  }
}

TEST_CASE("after resumes, readers drop the steps above from_step") {
  std::vector<RunEvent> events;
  const auto step = [&](int64_t n, double loss) {
    StepMetrics metrics;
    metrics.step = n;
    metrics.loss = loss;
    events.push_back({0, 0, metrics});
  };
  for (int64_t n = 1; n <= 6; ++n) step(n, 1);
  events.push_back({0, 0, Resumed{4, 2}});
  for (int64_t n = 5; n <= 9; ++n) step(n, 2);
  events.push_back({0, 0, Resumed{2, 3}});
  step(3, 3);
  std::vector<std::pair<int64_t, double>> kept;
  for (const RunEvent &event : currentEvents(events)) {
    if (const auto *metrics = std::get_if<StepMetrics>(&event.body)) kept.emplace_back(metrics->step, metrics->loss);
  }
  CHECK(kept == std::vector<std::pair<int64_t, double>>{{1, 1}, {2, 1}, {3, 3}});
}

TEST_CASE("the queue wakes once each time it turns non-empty and loses nothing across threads") {
  int wakes = 0;
  EventQueue queue([&] { ++wakes; });
  queue.push({1, 0, StateChanged{}});
  queue.push({2, 0, StateChanged{}});
  CHECK(wakes == 1);
  CHECK(queue.take().size() == 2);
  CHECK(queue.take().empty());
  queue.push({3, 0, StateChanged{}});
  CHECK(wakes == 2);
  queue.take();

  EventQueue shared;
  std::thread writer([&] {
    for (int64_t i = 1; i <= 2000; ++i) shared.push({i, 0, StateChanged{}});
  });
  int64_t next = 1;
  while (next <= 2000) {
    for (const RunEvent &event : shared.take()) {
      REQUIRE(event.seq == next);
      ++next;
    }
  }
  writer.join();
}
