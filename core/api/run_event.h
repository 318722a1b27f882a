// What a run reports, as values: one struct per event type of CLI.md, carried in RunEvent.
// Made on the job thread, copied freely; JSON lines are in event_json.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace attune::api {

struct MemoryUse { // bytes; nullopt = not applicable (device figures on the CPU)
  std::optional<int64_t> deviceBytes;
  std::optional<int64_t> devicePeakBytes;
  std::optional<int64_t> hostBytes;
  std::optional<int64_t> hostPeakBytes;
};

enum class RunState { Loading, Training, Evaluating, Saving, Paused, Waiting };
enum class RunOutcome { Completed, Stopped, Failed };

struct RunStarted {
  int64_t attempt = 1;
  int64_t totalSteps = 0;
  std::string device;
  std::map<std::string, std::string> versions;
};
struct StepMetrics {
  int64_t step = 0;
  double loss = 0;
  double lr = 0;
  double gradNorm = 0;
  int64_t tokens = 0;
  int64_t trainedTokens = 0;
  double tokensPerSecond = 0;
  double seconds = 0;
  MemoryUse memory;
};
struct EvalResult {
  int64_t step = 0;
  double loss = 0;
  int64_t trainedTokens = 0;
};
struct CheckpointSaved {
  int64_t step = 0;
  std::string path; // relative to the run folder
};
struct StateChanged {
  RunState state = RunState::Loading;
};
struct SettingChanged {
  int64_t step = 0;
  std::string key;
  std::string from; // JSON text
  std::string to;
};
struct MemoryRetry {
  int64_t step = 0;
  int64_t batchSize = 0;
  int64_t accumulation = 0;
};
struct SampleAnswer {
  int64_t step = 0;
  std::string prompt;
  std::string text;
};
struct RunWarning {
  std::string code;
  std::string message;
};
struct Resumed {
  int64_t fromStep = 0;
  int64_t attempt = 1;
};
struct RunErrorInfo {
  std::string code;
  std::string message;
  std::string hint;
};
struct RunFinished {
  RunOutcome outcome = RunOutcome::Completed;
  int64_t step = 0;
  std::optional<RunErrorInfo> error;
};

using RunEventBody = std::variant<RunStarted, StepMetrics, EvalResult, CheckpointSaved, StateChanged, SettingChanged, MemoryRetry,
                                  SampleAnswer, RunWarning, Resumed, RunFinished>;

struct RunEvent {
  int64_t seq = 0;
  double time = 0; // seconds since the epoch, UTC
  RunEventBody body;
};

} // namespace attune::api
