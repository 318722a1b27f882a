#include "core/plan/start_check.h"
#include "core/plan/streaming_forecast.h"
#include "tests/support/baichuan_config.h"
#include "tests/support/smol_config.h"

#include <doctest/doctest.h>

#include <cstdint>

using namespace attune;
using namespace attune::core;
using attune::core::test::baichuan7b;
using attune::core::test::smol;

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

api::RunConfig streamed(const std::string &rule, double clip = 0.0) {
  api::RunConfig config;
  config.method = api::Method::Full;
  config.precision = api::Precision::Bf16;
  config.offload.layers = true;
  config.optimizer.name = rule;
  config.clipNorm = clip;
  config.batchSize = 16;
  return config;
}

int64_t item(const MemoryForecast &forecast, const std::string &name, bool host) {
  int64_t sum = 0;
  for (const MemoryItem &one : forecast.items)
    if (one.name == name && one.host == host) sum += one.bytes;
  return sum;
}

} // namespace

TEST_CASE("streaming forecast: weights and state by rule, on the CPU") {
  const int64_t parameters = baichuan7b().parameterCount();
  const auto sgd = forecastMemory(baichuan7b(), streamed("sgd"), {});
  CHECK(item(sgd, "optimizer", true) == 0);
  CHECK(item(sgd, "weights", true) == 2 * parameters + 2 * 125696LL * 4096); // and the head with rows of length 1
  CHECK(item(forecastMemory(baichuan7b(), streamed("adamw"), {}), "optimizer", true) == 8 * parameters);
  const int64_t eight = item(forecastMemory(baichuan7b(), streamed("adamw_8bit"), {}), "optimizer", true);
  CHECK(eight > 2 * parameters);
  CHECK(eight < 3 * parameters); // the embedding keeps fp32 moments
  const int64_t factored = item(forecastMemory(baichuan7b(), streamed("adafactor"), {}), "optimizer", true);
  CHECK(factored > 8 * 1000 * 1000);
  CHECK(factored < 12 * 1000 * 1000); // core-facts 4.1: 9.5 MiB
  // Waiting for a norm keeps every gradient, in the weights' type.
  const auto clipped = forecastMemory(baichuan7b(), streamed("sgd", 1.0), {});
  CHECK(item(clipped, "gradients", true) + item(clipped, "logits", true) >= 2 * parameters);
  api::RunConfig gathered = streamed("sgd");
  gathered.accumulation = 2;
  CHECK(item(forecastMemory(baichuan7b(), gathered, {}), "gradients", true) == 2 * parameters);
  CHECK(item(sgd, "gradients", true) < 2 * kGiB);
  // Of few tokens, little beside the weights; with AdamW and masters it would be 113 GiB (core-facts 4.2).
  api::RunConfig small = streamed("sgd");
  small.batchSize = 1;
  CHECK(forecastMemory(baichuan7b(), small, {}).hostPeakBytes < 22 * kGiB);
}

TEST_CASE("streaming forecast: beside a card, 7B in full at 512 x 16 stays under 16 GiB of it") {
  PlanContext card;
  card.computeOnHost = false;
  const auto forecast = forecastMemory(baichuan7b(), streamed("adafactor"), card);
  CHECK(forecast.peakBytes < 16 * kGiB);
  CHECK(item(forecast, "weights", false) == 0);
  CHECK(item(forecast, "optimizer", false) == 0);
  CHECK(item(forecast, "streaming", false) == 2 * 2 * (4 * 4096 * 4096 + 3 * 4096 * 11008LL + 2 * 4096) + (104LL << 20)); // two layers
  CHECK(forecast.hostPeakBytes > 14 * kGiB);
  // LoRA on streamed weights keeps its adapters on the card.
  api::RunConfig lora = streamed("adamw");
  lora.method = api::Method::Lora;
  const auto adapters = forecastMemory(baichuan7b(), lora, card);
  CHECK(item(adapters, "optimizer", false) > 0);
  CHECK(item(adapters, "weights", true) > 13 * kGiB);
  CHECK(item(adapters, "streaming", false) == item(forecast, "streaming", false) + 2LL * 125696 * 4096); // and brings the head
}

TEST_CASE("streaming forecast: a run that the host cannot hold is refused with its number") {
  PlanContext card;
  card.computeOnHost = false;
  const MemoryBudget budget(80 * kGiB, 32 * kGiB);
  const auto refused = planStart(baichuan7b(), streamed("adamw"), card, budget);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::DoesNotFit);
  CHECK(refused.error().message.find("host") != std::string::npos);
  CHECK(refused.error().message.find("32.0 GiB") != std::string::npos);
  const auto accepted = planStart(baichuan7b(), streamed("adafactor"), card, budget);
  REQUIRE(accepted.ok());
  CHECK((accepted->config.checkpointing == api::Checkpointing::Full));
}

TEST_CASE("streaming forecast: absurd settings saturate") {
  api::RunConfig config = streamed("adamw_8bit");
  config.batchSize = config.maxLength = config.lora.rank = config.freezeLayers = INT64_MAX;
  for (const auto method : {api::Method::Lora, api::Method::Full, api::Method::Freeze})
    for (const std::string rule : {"adamw", "adamw_8bit", "adafactor", "sgd"}) {
      config.method = method;
      config.optimizer.name = rule;
      const auto forecast = forecastMemory(smol(), config, {});
      CHECK(forecast.hostPeakBytes == INT64_MAX);
      for (const auto &one : forecast.items) CHECK(one.bytes > 0);
    }
}
