#include "core/api/config_fields.h"
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

// To see it fail: let products take all of a large product's rate, or rows all of the loops'.
TEST_CASE("tokens a second: on the CPU within 0.7 to 1.4 of what was measured") {
  struct Cell {
    api::Method method;
    api::Quantization quantization;
    api::Precision precision;
    api::Checkpointing checkpointing;
    int64_t batch, length;
    double measured;
  };
  using M = api::Method;
  using Q = api::Quantization;
  using P = api::Precision;
  using C = api::Checkpointing;
  // step_bench on "smol", two threads of a Xeon with AMX, ahead of everything else on it; the rates are that machine's.
  const Cell cells[] = {
      {M::Lora, Q::None, P::Fp32, C::None, 1, 256, 293}, {M::Lora, Q::None, P::Bf16, C::None, 1, 256, 695},
      {M::Lora, Q::Nf4, P::Fp32, C::None, 1, 256, 305},  {M::Lora, Q::Nf4, P::Bf16, C::None, 1, 256, 640},
      {M::Lora, Q::Int8, P::Fp32, C::None, 1, 256, 326}, {M::Lora, Q::Int8, P::Bf16, C::None, 1, 256, 740},
      {M::Lora, Q::None, P::Fp32, C::None, 4, 512, 427}, {M::Lora, Q::None, P::Bf16, C::None, 4, 512, 1074},
      {M::Lora, Q::Nf4, P::Fp32, C::None, 4, 512, 424},  {M::Lora, Q::Nf4, P::Bf16, C::None, 4, 512, 967},
      {M::Lora, Q::Int8, P::Fp32, C::None, 4, 512, 434}, {M::Lora, Q::Int8, P::Bf16, C::None, 4, 512, 1133},
      {M::Lora, Q::None, P::Fp32, C::Full, 1, 256, 280}, {M::Lora, Q::None, P::Bf16, C::Full, 1, 256, 613},
      {M::Full, Q::None, P::Fp32, C::None, 1, 256, 187}, {M::Full, Q::None, P::Bf16, C::None, 1, 256, 218},
  };
  PlanContext context;
  context.rates = {4.14e11, 3.0e12, 0, 6.6e10, 0};
  for (const Cell &cell : cells) {
    api::RunConfig config;
    config.method = cell.method;
    config.quantization = cell.quantization;
    config.precision = cell.precision;
    config.checkpointing = cell.checkpointing;
    config.batchSize = cell.batch;
    config.maxLength = cell.length;
    const double ratio = tokensPerSecond(smol(), config, context) / cell.measured;
    CAPTURE(api::nameOf(cell.precision));
    CAPTURE(api::nameOf(cell.quantization));
    CAPTURE(cell.batch);
    CHECK(ratio > 0.7);
    CHECK(ratio < 1.4);
  }
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
