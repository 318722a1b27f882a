#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/base/json.h"
#include "core/plan/fit_solver.h"
#include "core/plan/throughput.h"
#include "tests/support/baichuan_config.h"
#include "tests/support/smol_config.h"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <random>

using namespace attune;
using namespace attune::core;
using attune::core::test::baichuan7b;
using attune::core::test::smol;

namespace {

api::RunConfig usual() {
  api::RunConfig config;
  config.model = "any";
  config.precision = api::Precision::Fp32;
  return config;
}

int64_t peakOf(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context = {}) {
  return forecastMemory(model, config, context).needed(context.computeOnHost);
}

std::vector<std::string> keysOf(const FitResult &result) {
  std::vector<std::string> keys;
  for (const api::FitChange &change : result.changes) keys.push_back(change.key);
  return keys;
}

bool changes(const FitResult &result, const std::string &key) {
  const auto keys = keysOf(result);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

PlanContext card() {
  PlanContext context;
  context.computeOnHost = false;
  context.bf16 = true;
  return context;
}

/// How much a proposal gives up: the steps of fitIntoMemory's list.
int givenUp(const FitResult &result) {
  if (changes(result, "method")) return 5;
  if (changes(result, "max_length")) return 4;
  if (changes(result, "optimizer.name")) return 3;
  if (changes(result, "quantization") || changes(result, "quantize_embeddings")) return 2;
  return 1;
}

} // namespace

TEST_CASE("fit: what fits is left alone; then the batch, whose update keeps its sequences") {
  api::RunConfig config = usual();
  config.batchSize = 12;
  config.accumulation = 2;
  const int64_t whole = peakOf(smol(), config);
  CHECK(fitIntoMemory(smol(), config, {}, whole, true).changes.empty());
  const FitResult milder = fitIntoMemory(smol(), config, {}, whole - 1, true);
  REQUIRE(milder.fits);
  CHECK(keysOf(milder) == std::vector<std::string>{"batch_size", "accumulation"}); // recomputing would cost time
  CHECK(milder.config.batchSize == 6);
  CHECK(milder.config.accumulation == 4);
  CHECK(milder.changes[0].from == "12");
  CHECK(milder.changes[0].to == "6");
}

TEST_CASE("fit: the tighter the memory, the more is given up, in the order that the header promises") {
  api::RunConfig config = usual();
  config.batchSize = 8;
  config.maxLength = 1024;
  int before = 0;
  std::vector<int> seen;
  for (int64_t budget = peakOf(smol(), config) - 1; budget > int64_t(200) << 20; budget -= budget / 12) {
    const FitResult result = fitIntoMemory(smol(), config, {}, budget, true);
    CAPTURE(budget);
    if (!result.fits) break;
    const int given = givenUp(result);
    CHECK(given >= before);
    CHECK(result.config.batchSize * result.config.accumulation == 8);
    before = given;
    if (seen.empty() || seen.back() != given) seen.push_back(given);
  }
  CHECK(seen == std::vector<int>{1, 2, 4});
  api::RunConfig strict = config; // shorter rows would make the run refuse to start
  strict.overlength = api::Overlength::Refuse;
  bool refused = false;
  for (int64_t budget = peakOf(smol(), config); budget > int64_t(200) << 20 && !refused; budget -= budget / 12) {
    const FitResult result = fitIntoMemory(smol(), strict, {}, budget, true);
    CHECK(result.config.maxLength == 1024);
    refused = !result.fits;
  }
  CHECK(refused);
  CHECK_FALSE(fitIntoMemory(smol(), config, {}, 1000, true).fits);
  CHECK(fitIntoMemory(smol(), config, {}, 1000, true).changes.empty());
}

TEST_CASE("fit: where nothing fits, the least possible is named with its settings") {
  // To see it fail: keep the last trial instead of the nearest.
  api::RunConfig config = usual();
  config.batchSize = 8;
  for (const bool onHost : {true, false}) {
    const PlanContext context = onHost ? PlanContext() : card();
    const FitResult hopeless = fitIntoMemory(smol(), config, context, {1000, 1000}, true);
    REQUIRE(hopeless.least);
    FitResult applied;
    applied.changes = hopeless.least->changes;
    CHECK(changes(applied, "quantization"));
    // With so much of both it fits, and with a byte less of either it does not.
    const int64_t needed = hopeless.least->forecast.needed(onHost), host = hopeless.least->forecast.hostPeakBytes;
    CHECK(fitIntoMemory(smol(), config, context, {needed, host}, true).fits);
    if (onHost) CHECK_FALSE(fitIntoMemory(smol(), config, context, needed - 1, true).fits);
    CHECK_FALSE(fitIntoMemory(smol(), config, context, {needed, host}, true).least);
    CHECK_FALSE(fitIntoMemory(smol(), config, context, {1000, 1000}, false).least);
  }
  config.batchSize = INT64_MAX;
  config.maxLength = INT64_MAX;
  CHECK(fitIntoMemory(smol(), config, {}, -5, true).least);
  // What is named can be typed. To see it fail: take the nearest unseen.
  config = usual();
  config.batchSize = config.accumulation = 65536;
  const FitResult edge = fitIntoMemory(smol(), config, {}, 1000, true);
  REQUIRE(edge.least);
  std::vector<std::string> settings;
  for (const api::FitChange &change : edge.least->changes) settings.push_back(change.key + "=" + change.to);
  const auto typed = api::applySettings(config, settings, api::ConfigPurpose::Plan);
  CHECK_MESSAGE(typed.ok(), typed.error().text());
}

TEST_CASE("fit: where the longest row of a micro-batch decides its rotation, a smaller batch is said to change the numbers") {
  // To see it fail: word the cost without a look at the model.
  io::ModelConfig model = smol();
  model.rope.originalContext = 256;
  api::RunConfig config = usual();
  config.batchSize = 8;
  config.maxLength = 512;
  const auto cost = [&] {
    const FitResult fitted = fitIntoMemory(model, config, {}, peakOf(model, config) * 3 / 4, true);
    for (const api::FitChange &change : fitted.changes)
      if (change.key == "batch_size") {
        CHECK(change.rotatesOtherwise == (change.cost.rfind("none", 0) != 0));
        return change.cost;
      }
    return std::string("not changed");
  };
  for (const std::string scaling : {"longrope", "dynamic", "linear"}) {
    for (const bool packing : {true, false}) {
      for (const int64_t length : {256, 512}) {
        CAPTURE(scaling);
        CAPTURE(packing);
        model.rope.scaling = scaling;
        config.packing = packing;
        config.maxLength = length;
        const bool same = packing || length == 256 || scaling == "linear";
        CHECK((cost().rfind("none", 0) == 0) == same);
        CHECK(cost() != "not changed");
      }
    }
  }
}

TEST_CASE("fit: full fine-tuning becomes LoRA where nothing milder fits, and every change is explained and can be typed") {
  api::RunConfig config = usual();
  config.method = api::Method::Full;
  const FitResult result = fitIntoMemory(smol(), config, {}, int64_t(1) << 30, true);
  REQUIRE(result.fits);
  REQUIRE(changes(result, "method"));
  CHECK(result.config.maxLength == 512); // a method less, and not the text as well
  std::vector<std::string> settings;
  for (const api::FitChange &change : result.changes) {
    CHECK(change.why.size() > 10);
    CHECK_FALSE(change.cost.empty());
    REQUIRE(parseJson(change.from, "from").ok());
    REQUIRE(parseJson(change.to, "to").ok());
    settings.push_back(change.key + "=" + change.to);
  }
  const auto typed = api::applySettings(config, settings, api::ConfigPurpose::Plan);
  REQUIRE(typed.ok());
  CHECK(peakOf(smol(), *typed) == result.forecast.hostPeakBytes);
}

TEST_CASE("fit: on a card things go to the host, if the host has room") {
  api::RunConfig config = usual();
  config.precision = api::Precision::Bf16;
  config.batchSize = 16;
  config.checkpointing = api::Checkpointing::Full;
  api::RunConfig single = config;
  single.batchSize = 1;
  const int64_t least = peakOf(baichuan7b(), single, card());
  const FitResult moved = fitIntoMemory(baichuan7b(), config, card(), least - 1, true);
  REQUIRE(moved.fits);
  CHECK(changes(moved, "offload"));
  CHECK_FALSE(changes(moved, "quantization"));
  const MemoryBudget shortHost(least - 1, moved.forecast.hostPeakBytes - 1);
  const FitResult kept = fitIntoMemory(baichuan7b(), config, card(), shortHost, true);
  CHECK(kept.fits);
  CHECK(kept.forecast.hostPeakBytes <= shortHost.besides);
  CHECK_FALSE(fitIntoMemory(baichuan7b(), config, card(), MemoryBudget(int64_t(1) << 40, 1000), true).fits);
  CHECK_FALSE(changes(fitIntoMemory(smol(), config, {}, int64_t(1) << 30, true), "offload")); // on the CPU there is nowhere to go
}

TEST_CASE("fit: the fastest of what gives up as little is taken") {
  int recomputed = 0, divided = 0;
  for (const bool large : {false, true}) {
    const io::ModelConfig model = large ? baichuan7b() : smol();
    api::RunConfig config = usual();
    config.precision = api::Precision::Bf16;
    config.batchSize = 16;
    config.maxLength = large ? 512 : 128;
    const auto seconds = [&](const api::RunConfig &one) {
      return secondsPerMicroBatch(model, one, card()) * static_cast<double>(one.accumulation);
    };
    const int64_t whole = peakOf(model, config, card());
    for (int64_t budget = whole - 1; budget > whole / 3; budget -= whole / 40) {
      const FitResult result = fitIntoMemory(model, config, card(), budget, true);
      if (!result.fits || givenUp(result) > 1) break;
      recomputed += result.config.checkpointing == api::Checkpointing::Full;
      divided += result.config.batchSize < 16;
      for (const auto checkpointing : {api::Checkpointing::None, api::Checkpointing::Selective, api::Checkpointing::Full}) {
        for (const int64_t batch : {1, 2, 4, 8, 16}) {
          api::RunConfig other = config;
          other.checkpointing = checkpointing;
          other.batchSize = batch;
          other.accumulation = 16 / batch;
          if (peakOf(model, other, card()) <= budget) CHECK(seconds(result.config) <= 1.021 * seconds(other));
        }
      }
    }
  }
  CHECK(recomputed > 0);
  CHECK(divided > 0);
}

TEST_CASE("fit: whatever is asked, the proposal fits, is accepted by train and keeps the update; few forecasts are made") {
  std::mt19937 random(7);
  const auto pick = [&](auto... values) {
    const std::common_type_t<decltype(values)...> all[] = {values...};
    return all[random() % (sizeof all / sizeof *all)];
  };
  int64_t most = 0;
  for (int round = 0; round < 400; ++round) {
    api::RunConfig config = usual();
    config.method = pick(api::Method::Full, api::Method::Freeze, api::Method::Lora);
    config.batchSize = pick(1, 2, 7, 48, 997, 5040, 55440, 65536);
    config.accumulation = pick(1, 3, 4096, 65536);
    config.maxLength = pick(2, 63, 512, 8192, 1 << 20);
    config.lora.rank = pick(1, 8, 512, 16384);
    config.checkpointing =
        pick(api::Checkpointing::Auto, api::Checkpointing::None, api::Checkpointing::Selective, api::Checkpointing::Full);
    config.precision = pick(api::Precision::Auto, api::Precision::Fp32, api::Precision::Bf16);
    if (config.method == api::Method::Lora)
      config.quantization = pick(api::Quantization::None, api::Quantization::Int8, api::Quantization::Nf4);
    config.offload.checkpoints = random() % 2 == 0;
    const bool onCard = random() % 2 == 0;
    const PlanContext context = onCard ? card() : PlanContext{};
    const io::ModelConfig model = random() % 2 == 0 ? smol() : baichuan7b();
    const MemoryBudget budget(int64_t(1) << (28 + random() % 10), int64_t(1) << (30 + random() % 8));
    const FitResult result = fitIntoMemory(model, config, context, budget, true);
    CAPTURE(round);
    most = std::max(most, result.forecasts);
    CHECK(api::validate(result.config, api::ConfigPurpose::Plan).empty());
    if (!result.fits) {
      CHECK(result.changes.empty());
      continue;
    }
    CHECK(fitsInto(forecastMemory(model, result.config, context), context, budget));
    CHECK(result.config.batchSize * result.config.accumulation == config.batchSize * config.accumulation);
    CHECK(result.config.maxLength <= config.maxLength);
    CHECK(result.config.lora.rank == config.lora.rank);
  }
  CAPTURE(most);
  MESSAGE("most forecasts of one proposal: " << most);
  CHECK(most < 8000); // 20 microseconds each
}

TEST_CASE("fit: numbers at the edge of what a number can be give a forecast and a refusal") {
  const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  for (const bool onCard : {false, true}) {
    const PlanContext context = onCard ? card() : PlanContext{};
    for (const auto method : {api::Method::Full, api::Method::Freeze, api::Method::Lora}) {
      for (int64_t api::RunConfig::*field :
           {&api::RunConfig::batchSize, &api::RunConfig::maxLength, &api::RunConfig::accumulation, &api::RunConfig::freezeLayers}) {
        for (const int64_t edge : edges) {
          for (const int64_t rank : {int64_t(8), edge}) {
            api::RunConfig config = usual();
            config.method = method;
            config.*field = edge;
            config.lora.rank = rank;
            CAPTURE(edge);
            const FitResult plain = fitIntoMemory(smol(), config, context, int64_t(8) << 30, false);
            int64_t sum = 0;
            for (const MemoryItem &item : plain.forecast.items) {
              CHECK(item.bytes > 0);
              if (item.host != onCard && __builtin_add_overflow(sum, item.bytes, &sum)) sum = INT64_MAX;
            }
            CHECK(sum == plain.forecast.needed(!onCard));
            CHECK(tokensPerSecond(smol(), config, context) >= 0);
            const FitResult searched = fitIntoMemory(smol(), config, context, int64_t(1) << 30, true);
            if (searched.fits) CHECK(fitsInto(searched.forecast, context, int64_t(1) << 30));
          }
        }
      }
    }
  }
  api::RunConfig huge = usual();
  huge.batchSize = huge.maxLength = huge.lora.rank = INT64_MAX;
  CHECK(fitIntoMemory(smol(), huge, {}, INT64_MAX - 1, false).forecast.hostPeakBytes == INT64_MAX);
  CHECK_FALSE(fitIntoMemory(smol(), huge, {}, int64_t(1) << 60, false).fits);
}
