#include "core/plan/start_check.h"
#include "tests/support/smol_config.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

TEST_CASE("a run that ran out of memory is told settings that take less, by name") {
  api::RunConfig config;
  config.batchSize = 8;
  config.maxLength = 1024;
  config.checkpointing = api::Checkpointing::None;
  const std::string advice = outOfMemoryAdvice(smol(), config, {});
  CHECK(advice.find("batch_size") != std::string::npos);
  CHECK(advice.find("accumulation") != std::string::npos);
  CHECK(advice.find("plan --fit") != std::string::npos);
  config.batchSize = 1;
  config.maxLength = 16;
  config.checkpointing = api::Checkpointing::Full;
  config.quantization = api::Quantization::Nf4;
  CHECK(outOfMemoryAdvice(smol(), config, {}).find("smaller model") != std::string::npos);
}

TEST_CASE("a run on a card is refused where the host beside it is too small") {
  api::RunConfig config;
  config.checkpointing = api::Checkpointing::Full;
  PlanContext card;
  card.computeOnHost = false;
  const int64_t host = forecastMemory(smol(), config, card).hostPeakBytes;
  CHECK(planStart(smol(), config, card, MemoryBudget(int64_t(1) << 40, host)).ok());
  const auto refused = planStart(smol(), config, card, MemoryBudget(int64_t(1) << 40, host - 1));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::DoesNotFit);
  CHECK(exitCodeOf(refused.error().code) == 4);
  CHECK(refused.error().message.find("host's memory") != std::string::npos);
}
