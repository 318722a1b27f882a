// Runs in memory for the window's tests: summaries and events that a test sets, settings by default. Any thread.
#pragma once

#include "core/api/run_store.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

namespace attune::test {

class FakeRunStore : public api::RunStore {
public:
  /// A finished run with a falling loss.
  void addRun(const std::string &name, int64_t steps, double floor, api::RunPhase phase = api::RunPhase::Completed,
              double startedAt = 1.79e9) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    api::RunSummary run;
    run.folder = "/fake/runs/" + name;
    run.name = name;
    run.model = "/models/SmolLM2-135M-Instruct";
    run.data = "/data/alpaca_en_demo.jsonl";
    run.phase = phase;
    run.startedAt = startedAt;
    run.totalSteps = steps;
    run.diskBytes = int64_t(48) << 20;
    std::vector<api::RunEvent> &events = m_events[run.folder];
    events.push_back({1, startedAt, api::RunStarted{1, steps, "CPU", {}}});
    uint64_t noise = 88172645463325252ull;
    const int64_t done = phase == api::RunPhase::Completed ? steps : steps / 2;
    double tokensPerSecond = 0;
    for (int64_t step = 1; step <= done; ++step) {
      noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
      const double jitter = static_cast<double>(noise % 1000) / 1000.0 - 0.5;
      const double progress = static_cast<double>(step) / static_cast<double>(steps);
      api::StepMetrics metrics;
      metrics.step = step;
      metrics.loss = floor + 1.4 * std::exp(-6 * progress) + 0.25 * jitter;
      metrics.lr = 2e-4 * std::min(1.0, progress * 20) * 0.5 * (1 + std::cos(3.14159 * progress));
      metrics.gradNorm = 0.4 + 0.3 * std::exp(-4 * progress) + 0.1 * jitter;
      metrics.tokens = 512 * step;
      tokensPerSecond = 3900 + 200 * jitter;
      metrics.tokensPerSecond = tokensPerSecond;
      metrics.memory.hostBytes = static_cast<int64_t>(9.8e9 + 1e8 * jitter);
      run.loss = metrics.loss;
      if (step % std::max<int64_t>(1, steps / 40) == 0) run.curve.push_back(static_cast<float>(metrics.loss));
      events.push_back({step + 1, startedAt + static_cast<double>(step), metrics});
      if (step % std::max<int64_t>(1, steps / 5) == 0) {
        events.push_back({step + 1, startedAt + static_cast<double>(step), api::EvalResult{step, metrics.loss + 0.1, 100}});
        events.push_back(
            {step + 1, startedAt + static_cast<double>(step), api::CheckpointSaved{step, "checkpoints/step-" + std::to_string(step)}});
        events.push_back(
            {step + 1, startedAt + static_cast<double>(step),
             api::SampleAnswer{step, "What is LoRA?", "LoRA adds two small matrices beside each large one and trains only those."}});
      }
    }
    run.step = done;
    run.seconds = static_cast<double>(done);
    if (phase == api::RunPhase::Completed)
      events.push_back({steps + 2, startedAt + static_cast<double>(steps), api::RunFinished{api::RunOutcome::Completed, steps, {}}});
    m_runs.insert(m_runs.begin(), run);
  }

  std::vector<api::RunSummary> list(const StopToken &) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_runs;
  }
  api::RunSummary summary(const std::string &folder) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const auto &run : m_runs)
      if (run.folder == folder) return run;
    api::RunSummary going;
    going.forecastBytes = goingForecastBytes;
    return going;
  }
  void setMemory(const std::string &folder, int64_t forecastBytes, int64_t peakBytes) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (auto &run : m_runs)
      if (run.folder == folder) run.forecastBytes = forecastBytes, run.peakBytes = peakBytes;
  }
  /// Something that happened right after `step`.
  void addEvent(const std::string &folder, int64_t step, const api::RunEventBody &body) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    auto &events = m_events[folder];
    const auto place = std::find_if(events.begin(), events.end(), [step](const api::RunEvent &event) {
      const auto *metrics = std::get_if<api::StepMetrics>(&event.body);
      return metrics && metrics->step > step;
    });
    events.insert(place, {place == events.begin() ? 1 : (place - 1)->seq, place == events.begin() ? 0 : (place - 1)->time, body});
  }
  Result<api::RunConfig> config(const std::string &folder) override {
    if (hasNoConfig == folder) return Error{ErrorCode::FileNotFound, "There is no run.json.", folder, ""};
    api::RunConfig config;
    config.name = "from the store";
    config.model = "/models/SmolLM2-135M-Instruct";
    config.dataset = {{"/data/rows.jsonl"}};
    config.lora.rank = 16;
    return config;
  }
  Result<std::string> configText(const std::string &) override { return std::string("{}"); }
  Status replay(const std::string &folder, api::EventSink &sink, const StopToken &) override {
    std::vector<api::RunEvent> events;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      events = m_events[folder];
    }
    for (const auto &event : events) sink.push(event);
    return {};
  }
  std::vector<api::RunWeights> weights(const std::string &folder) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<api::RunWeights> found;
    for (const int64_t step : m_checkpoints.count(folder) ? m_checkpoints[folder] : std::vector<int64_t>{0})
      found.push_back({step, "/models/SmolLM2-135M-Instruct",
                       step > 0 ? folder + "/checkpoints/step-" + std::to_string(step) + "/adapter" : folder + "/adapter"});
    return found;
  }
  /// Steps of the checkpoints, newest first; 0 is the run's result.
  void setCheckpoints(const std::string &folder, std::vector<int64_t> steps) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_checkpoints[folder] = std::move(steps);
  }
  Status writeNotes(const std::string &folder, const api::RunNotes &notes) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (auto &run : m_runs)
      if (run.folder == folder) run.notes = notes;
    return {};
  }
  std::string freshFolder(const std::string &name) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return "/fake/runs/" + name + "-" + std::to_string(++m_fresh);
  }

  api::KeptQueue queue() override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return {m_queue, queueProblem};
  }
  Status writeQueue(const std::vector<api::RunRequest> &queue) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_queue = queue;
    return {};
  }

  std::optional<Error> queueProblem;
  std::atomic<int64_t> goingForecastBytes{0}; // of a run that the window has begun
  std::string hasNoConfig;                    // a folder without run.json

private:
  std::mutex m_mutex;
  std::vector<api::RunRequest> m_queue;
  std::vector<api::RunSummary> m_runs;
  std::map<std::string, std::vector<api::RunEvent>> m_events;
  std::map<std::string, std::vector<int64_t>> m_checkpoints;
  int m_fresh = 0;
};

} // namespace attune::test
