#include "core/train/meters.h"

#include "core/device/host_info.h"

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
  const ProcessMemory memory = processMemory();
  api::MemoryUse use;
  if (memory.residentBytes > 0) use.hostBytes = memory.residentBytes;
  if (memory.peakResidentBytes > 0) use.hostPeakBytes = memory.peakResidentBytes;
  return use;
}

} // namespace attune::core
