// An engine without libtorch for the window's tests: runs that emit believable events from a thread of their own, a planner
// with fixed items, a model that answers in words. Header-only; everything stops when it is destroyed.
#pragma once

#include "core/api/engine.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>
#include <vector>

namespace attune::test {

/// One fake run's thread and its switches.
class FakeRun : public api::RunHandle {
public:
  FakeRun(api::RunRequest request, std::shared_ptr<api::EventSink> sink, int64_t steps, int stepMilliseconds, int stepsAtOnce,
          const std::atomic<bool> &loads)
      : m_request(std::move(request)), m_sink(std::move(sink)), m_steps(steps), m_atOnce(stepsAtOnce),
        m_pause(std::chrono::milliseconds(stepMilliseconds)), m_loads(loads) {
    m_thread = std::thread([this] { train(); });
  }
  ~FakeRun() override {
    m_stop = true;
    m_thread.join();
  }
  std::string folder() const override { return m_request.folder; }
  void requestPause() override { m_paused = true; }
  void requestResume() override { m_paused = false; }
  void requestStop() override { m_stop = !m_deaf; }
  void ignoreStop() { m_deaf = true; } // until it is destroyed
  void requestCheckpoint() override { m_checkpoint = true; }
  bool finished() const override { return m_finished; }

private:
  void push(api::RunEventBody body) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    m_sink->push({++m_seq, now, std::move(body)});
  }
  void train() {
    while (m_loads && !m_stop) std::this_thread::sleep_for(m_pause);
    if (m_loads) return push(api::RunFinished{api::RunOutcome::Stopped, 0, {}});
    push(api::RunStarted{1, m_steps, "fake device", {}});
    const int64_t from = m_request.resume ? m_steps / 2 : 0;
    if (m_request.resume) push(api::Resumed{from, 2});
    bool wasPaused = false;
    int64_t step = from;
    while (step < m_steps && !m_stop) {
      if (m_paused != wasPaused) push(api::StateChanged{m_paused ? api::RunState::Paused : api::RunState::Training});
      wasPaused = m_paused;
      for (int i = 0; i < m_atOnce && step < m_steps && !wasPaused; ++i) {
        ++step;
        api::StepMetrics metrics;
        metrics.step = step;
        metrics.loss = 1.2 + 2 * std::exp(-static_cast<double>(step) / 40) + 0.05 * std::sin(static_cast<double>(step));
        metrics.lr = 2e-4;
        metrics.gradNorm = 0.5;
        metrics.tokens = 256 * step;
        metrics.tokensPerSecond = 500;
        metrics.memory.hostBytes = int64_t(1) << 30;
        push(metrics);
      }
      if (m_checkpoint.exchange(false)) push(api::CheckpointSaved{step, "checkpoints/step-" + std::to_string(step)});
      std::this_thread::sleep_for(m_pause);
    }
    m_finished = true;
    push(api::CheckpointSaved{step, "checkpoints/step-" + std::to_string(step)});
    push(api::RunFinished{m_stop && step < m_steps ? api::RunOutcome::Stopped : api::RunOutcome::Completed, step, {}});
  }

  api::RunRequest m_request;
  std::shared_ptr<api::EventSink> m_sink;
  int64_t m_steps;
  int m_atOnce;
  std::chrono::milliseconds m_pause;
  const std::atomic<bool> &m_loads;
  int64_t m_seq = 0;
  std::atomic<bool> m_paused{false}, m_stop{false}, m_deaf{false}, m_checkpoint{false}, m_finished{false};
  std::thread m_thread;
};

class FakeEngine : public api::Engine, public api::Backend, public api::Planner {
public:
  int64_t steps = 60;
  int stepMilliseconds = 5;
  int stepsAtOnce = 1;
  bool ignoresStop = false;
  std::atomic<bool> loads{false}; // so long no run gets past loading
  int64_t neededBytes = int64_t(3) << 30;
  int64_t budgetBytes = int64_t(16) << 30;
  std::atomic<int> cards{0}; // a run computes on the first one, then
  std::atomic<int64_t> hostFreeBytes{int64_t(18) << 30}, cardFreeBytes{int64_t(11) << 30};
  std::atomic<int> looks{0}; // at the devices' memory
  double tokensPerSecond = 0;
  std::atomic<bool> searches{false};        // so long fit() has not found anything
  std::optional<api::FitProposal> proposal; // what fit() finds, instead of a smaller batch
  int64_t chatBytes = int64_t(1) << 30;     // beside 100 KiB a token of context
  int64_t chatFreeBytes = int64_t(16) << 30;
  std::atomic<int64_t> runBytes{int64_t(2) << 30}; // that a going run still takes
  std::vector<std::string> chatWords;              // of every answer; empty = two short ones
  int wordMilliseconds = 2;
  bool chatFails = false;                // after its words
  std::vector<std::string> missingMarks; // of a built-in template

  api::Backend &backend() override { return *this; }
  api::Planner &planner() override { return *this; }
  api::DeviceFacts device() override {
    const bool card = cards.load() > 0;
    return {card ? "Fake card 0" : "Fake processor", card ? "bf16" : "fp32", 2, int64_t(card ? 16 : 24) << 30, "", card ? "cuda:0" : "cpu"};
  }
  std::vector<api::DeviceMemory> devices() override {
    ++looks;
    std::vector<api::DeviceMemory> all = {{"cpu", "Fake processor", int64_t(24) << 30, hostFreeBytes.load(), int64_t(1) << 30}};
    for (int i = 0; i < cards; ++i) {
      const std::string number = std::to_string(i);
      all.push_back({"cuda:" + number, "Fake card " + number, int64_t(16) << 30, cardFreeBytes.load(), int64_t(3) << 30});
    }
    return all;
  }
  Result<std::unique_ptr<api::ChatModel>> openChat(const std::string &model, const std::string &adapter) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_opened.push_back(model + "|" + adapter);
    return std::unique_ptr<api::ChatModel>(new FakeChat(*this, !adapter.empty()));
  }
  /// "model|adapter" of every chat opened.
  std::vector<std::string> opened() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_opened;
  }
  std::vector<api::ChatRequest> chatRequests() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_asked;
  }
  void asked(const api::ChatRequest &request) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_asked.push_back(request);
  }
  Result<api::ChatForecast> forecastChat(const api::ChatDemand &demand) override {
    api::ChatForecast forecast;
    forecast.contextTokens = demand.contextTokens > 0 ? demand.contextTokens : 4096;
    forecast.neededBytes = chatBytes + forecast.contextTokens * (int64_t(100) << 10);
    forecast.runBytes = demand.running ? runBytes.load() : 0;
    forecast.freeBytes = chatFreeBytes - forecast.runBytes;
    for (int64_t tokens = forecast.contextTokens; tokens >= 256 && forecast.fittingTokens == 0; tokens /= 2)
      if (chatBytes + tokens * (int64_t(100) << 10) <= forecast.freeBytes) forecast.fittingTokens = tokens;
    return forecast;
  }
  Result<std::shared_ptr<api::RunHandle>> start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override {
    m_runs.push_back(std::make_shared<FakeRun>(request, std::move(sink), steps, stepMilliseconds, stepsAtOnce, loads));
    if (ignoresStop) m_runs.back()->ignoreStop();
    requests.push_back(request);
    return std::shared_ptr<api::RunHandle>(m_runs.back());
  }
  Result<api::Forecast> forecast(const api::RunConfig &config) override {
    const int64_t scale = std::max<int64_t>(1, config.batchSize);
    api::Forecast forecast;
    forecast.items = {{"weights", neededBytes / 3},
                      {"adapters", neededBytes / 30},
                      {"activations", neededBytes / 3 * scale},
                      {"logits", neededBytes / 6}};
    for (const auto &item : forecast.items) forecast.neededBytes += item.bytes;
    forecast.budgetBytes = budgetBytes;
    forecast.parameters = 134515008;
    forecast.trainedParameters = 2442240;
    forecast.checkpointing = "none";
    forecast.tokensPerSecond = tokensPerSecond;
    if (cards > 0 && config.device != "cpu") {
      forecast.items.push_back({"quant_state", int64_t(200) << 20});
      forecast.items.push_back({"dequant", int64_t(300) << 20});
      forecast.neededBytes += int64_t(500) << 20;
      forecast.hostItems = {{"streaming", int64_t(2) << 30}, {"context", int64_t(600) << 20}};
      forecast.hostNeededBytes = (int64_t(2) << 30) + (int64_t(600) << 20);
      forecast.hostBudgetBytes = hostFreeBytes;
    }
    return forecast;
  }
  Result<api::FitProposal> fit(const api::RunConfig &config) override {
    while (searches) std::this_thread::yield();
    if (proposal) return *proposal;
    api::FitProposal found{
        true,
        config,
        {},
        {{"batch_size", std::to_string(config.batchSize), "1", "Fewer sequences at once keep fewer activations.", "none"}}};
    found.config.batchSize = 1;
    found.forecast = *forecast(found.config);
    return found;
  }

  std::vector<api::RunRequest> requests; // GUI thread, as start() is

private:
  class FakeChat : public api::ChatModel {
  public:
    FakeChat(FakeEngine &engine, bool adapter) : m_engine(engine), m_adapter(adapter) {}
    bool hasAdapter() const override { return m_adapter; }
    int64_t contextLength() const override { return 2048; }
    api::SamplingSettings defaults() const override { return {}; }
    Result<api::ChatTemplateUse> useTemplate(const std::string &name) override {
      if (name == "baichuan2") return Error{ErrorCode::TemplateFailed, "The model has no role tokens.", "template", ""};
      const bool own = name == api::kAutoTemplate || name == api::kOwnTemplate;
      return api::ChatTemplateUse{own ? api::kOwnTemplate : name, own ? std::vector<std::string>() : m_engine.missingMarks};
    }
    Result<std::vector<api::ChatAnswer>> answer(const std::vector<api::ChatRequest> &requests) override {
      std::vector<api::ChatAnswer> answers;
      for (const api::ChatRequest &request : requests) answers.push_back(answerOne(request));
      if (m_engine.chatFails) return Error{ErrorCode::DeviceFailed, "The model gave up.", "", ""};
      return answers;
    }

  private:
    api::ChatAnswer answerOne(const api::ChatRequest &request) {
      m_engine.asked(request);
      api::ChatAnswer answer;
      std::vector<std::string> words = request.tuned ? std::vector<std::string>{"LoRA ", "**adds** ", "small ", "matrices."}
                                                     : std::vector<std::string>{"I ", "do ", "not ", "know."};
      if (!m_engine.chatWords.empty()) words = m_engine.chatWords;
      for (const std::string &word : words) {
        if (request.stop.stopRequested()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(m_engine.wordMilliseconds));
        answer.text += word;
        ++answer.newTokens;
        if (request.onText) request.onText(word, {answer.newTokens, 48});
      }
      answer.promptTokens = 12;
      answer.tokensPerSecond = 48;
      answer.ended = !request.stop.stopRequested();
      return answer;
    }

    FakeEngine &m_engine;
    bool m_adapter;
  };

  std::vector<std::shared_ptr<FakeRun>> m_runs;
  std::mutex m_mutex;
  std::vector<std::string> m_opened;
  std::vector<api::ChatRequest> m_asked;
};

} // namespace attune::test
