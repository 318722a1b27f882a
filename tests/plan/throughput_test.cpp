#include "core/plan/throughput.h"
#include "tests/support/smol_config.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using attune::core::test::smol;

TEST_CASE("tokens a second: not known without the device's rates, proportional to them, slower for more work") {
  api::RunConfig config;
  config.precision = api::Precision::Fp32;
  config.checkpointing = api::Checkpointing::None;
  PlanContext context;
  CHECK(tokensPerSecond(smol(), config, context) == 0);
  context.rates = {1e11, 2e11, 0, 2e10, 0};
  const double base = tokensPerSecond(smol(), config, context);
  CHECK(base > 50);
  CHECK(base < 1e11 / (4 * 134e6)); // two products a parameter there and back at the full rate
  PlanContext twice = context;
  twice.rates = {2e11, 4e11, 0, 4e10, 0};
  CHECK(tokensPerSecond(smol(), config, twice) == doctest::Approx(2 * base));
  config.precision = api::Precision::Bf16;
  CHECK(tokensPerSecond(smol(), config, context) > base);
  config.precision = api::Precision::Fp32;
  config.checkpointing = api::Checkpointing::Full;
  const double recomputed = tokensPerSecond(smol(), config, context);
  CHECK(recomputed < 0.9 * base);
  config.checkpointing = api::Checkpointing::Selective;
  CHECK(tokensPerSecond(smol(), config, context) > recomputed);
  config.checkpointing = api::Checkpointing::None;
  config.maxLength = 8192;
  CHECK(tokensPerSecond(smol(), config, context) < base); // attention grows with the length
  config.maxLength = 512;
  config.method = api::Method::Full;
  CHECK(tokensPerSecond(smol(), config, context) < base);
  config.method = api::Method::Freeze;
  CHECK(tokensPerSecond(smol(), config, context) > base);
}

TEST_CASE("tokens a second: on a card small batches wait for launches, and what moves to the host for the link") {
  api::RunConfig config;
  config.precision = api::Precision::Bf16;
  config.checkpointing = api::Checkpointing::Full;
  config.batchSize = 1;
  config.maxLength = 128;
  PlanContext context;
  context.computeOnHost = false;
  context.rates = {5e13, 6e14, 6e14, 4e12, 5e10};
  const double single = tokensPerSecond(smol(), config, context);
  config.batchSize = 8;
  CHECK(tokensPerSecond(smol(), config, context) > 6 * single);
  config.batchSize = 64;
  const double kept = tokensPerSecond(smol(), config, context);
  config.offload.checkpoints = true;
  CHECK(tokensPerSecond(smol(), config, context) <= kept);
  context.rates.hostLink = 1e9;
  CHECK(tokensPerSecond(smol(), config, context) < 0.2 * kept);
}

TEST_CASE("a device's rates are written and read, and nothing else is") {
  const DeviceRates rates{1.5e11, 2.5e14, 0, 3e12, 5e10};
  const auto read = parseRates(ratesText(rates));
  REQUIRE(read);
  CHECK(read->fp32 == doctest::Approx(rates.fp32));
  CHECK(read->bf16 == doctest::Approx(rates.bf16));
  CHECK(read->hostLink == doctest::Approx(rates.hostLink));
  for (const char *text : {"", "1 2 3 4", "1 2 x 4 5", "-1 2 3 4 5", "nan 1 1 1 1"}) CHECK_FALSE(parseRates(text));
}
