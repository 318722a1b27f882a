#include "core/plan/chat_planner.h"

#include "core/plan/saturating.h"

namespace attune::core {

namespace {

constexpr int64_t kUsualContext = 4096, kShortestContext = 256, kPrefillChunk = 512;

int64_t sumOf(const std::vector<api::ForecastItem> &items) {
  Bytes sum;
  for (const api::ForecastItem &item : items) sum += item.bytes;
  return sum.value();
}

} // namespace

int64_t chatContext(const io::ModelConfig &model, int64_t asked) { return std::min(asked > 0 ? asked : kUsualContext, model.context); }

std::vector<api::ForecastItem> forecastChat(const io::ModelConfig &model, const ChatSize &size) {
  const Bytes e = size.bf16 ? 2 : 4;
  const Bytes rows = std::min(kPrefillChunk, size.contextTokens);
  const Bytes perRow =
      Bytes(4) * model.hidden + Bytes(2) * (Bytes(model.qRows()) + Bytes(2) * model.kvRows()) + Bytes(3) * model.intermediate;
  const Bytes oneLayer = Bytes(2) * 4 * model.kvRows() * size.contextTokens;
  std::vector<api::ForecastItem> items;
  const auto add = [&](const char *name, Bytes bytes) {
    if (bytes.value() > 0) items.push_back({name, bytes.value()});
  };
  add("weights", e * model.parameterCount());
  add("adapters", e * size.adapterParameters + size.ownBytes);
  add("cache", Bytes(2) * e * model.layers * model.kvRows() * size.contextTokens * size.answers);
  add("prefill", rows * 4 * perRow + oneLayer);
  add("logits", Bytes(2) * 4 * model.vocab);
  add("context", Bytes(48 << 20) + Bytes(600) * model.vocab);
  return items;
}

api::ChatForecast judgeChat(const io::ModelConfig &model, const ChatSize &size, int64_t freeBytes) {
  api::ChatForecast forecast;
  forecast.items = forecastChat(model, size);
  forecast.neededBytes = sumOf(forecast.items);
  forecast.freeBytes = freeBytes;
  forecast.contextTokens = size.contextTokens;
  ChatSize trial = size;
  for (;; trial.contextTokens /= 2) {
    if (trial.contextTokens < std::min(kShortestContext, size.contextTokens)) break;
    if (sumOf(forecastChat(model, trial)) > freeBytes) continue;
    forecast.fittingTokens = trial.contextTokens;
    break;
  }
  return forecast;
}

} // namespace attune::core
