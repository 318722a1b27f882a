#include "core/train/meters.h"

#include <fstream>
#include <string>

namespace attune::core {

void Meters::add(double stepLossSum, int64_t stepTokens, int64_t stepTrainedTokens, double stepSeconds) {
  lossSum += stepLossSum;
  lossTokens += stepTrainedTokens;
  tokens += stepTokens;
  trainedTokens += stepTrainedTokens;
  seconds += stepSeconds;
}

api::StepMetrics Meters::takeLog() {
  api::StepMetrics metrics;
  metrics.loss = lossTokens > 0 ? lossSum / static_cast<double>(lossTokens) : 0.0;
  metrics.tokens = tokens;
  metrics.trainedTokens = trainedTokens;
  metrics.seconds = seconds;
  const double elapsed = seconds - secondsAtLog;
  metrics.tokensPerSecond = elapsed > 0 ? static_cast<double>(tokens - tokensAtLog) / elapsed : 0.0;
  lossSum = 0;
  lossTokens = 0;
  tokensAtLog = tokens;
  secondsAtLog = seconds;
  return metrics;
}

api::MemoryUse hostMemoryUse() {
  api::MemoryUse use;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto kilobytes = [&line] { return static_cast<int64_t>(std::strtoll(line.c_str() + 6, nullptr, 10)) * 1024; };
    if (line.compare(0, 6, "VmRSS:") == 0) use.hostBytes = kilobytes();
    if (line.compare(0, 6, "VmHWM:") == 0) use.hostPeakBytes = kilobytes();
  }
  return use;
}

} // namespace attune::core
