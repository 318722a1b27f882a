#include "core/generate/finite_logits.h"
#include "core/generate/sampler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace attune::core;

namespace {

const std::vector<float> kLogits = {1.0f, 3.0f, 2.0f, -1.0f, 0.0f};

/// Share of each id over many draws.
std::map<int32_t, double> shares(SamplingOptions options, const std::vector<int32_t> &seen = {}, int draws = 20000) {
  options.greedy = false;
  Sampler sampler(options);
  std::map<int32_t, double> counts;
  for (int i = 0; i < draws; ++i) {
    std::vector<float> logits = kLogits;
    counts[sampler.choose(logits.data(), 5, seen)] += 1.0 / draws;
  }
  return counts;
}

} // namespace

TEST_CASE("a temperature near zero is greedy") {
  for (const double temperature : {1e-5, 1e-40, 1e-300, 5e-324}) {
    SamplingOptions options;
    options.temperature = temperature;
    options.topP = 0.9;
    CHECK(shares(options, {}, 10) == std::map<int32_t, double>{{1, shares(options, {}, 10)[1]}});
  }
}

TEST_CASE("logits that are no numbers are an error") {
  const float good[] = {1.0f, -3e38f}, nan[] = {1.0f, NAN}, infinite[] = {-INFINITY, 1.0f};
  CHECK(checkFinite(good, 2).ok());
  for (const float *bad : {nan, infinite}) CHECK(checkFinite(bad, 2).error().code == attune::ErrorCode::NotFinite);
}

TEST_CASE("greedy takes the largest, the first of equals, after the penalty") {
  SamplingOptions options;
  Sampler sampler(options);
  std::vector<float> logits = kLogits;
  CHECK(sampler.choose(logits.data(), 5, {}) == 1);
  logits = {2.0f, 2.0f};
  CHECK(sampler.choose(logits.data(), 2, {}) == 0);
  options.repetitionPenalty = 2.0;
  Sampler penalised(options);
  logits = kLogits;
  CHECK(penalised.choose(logits.data(), 5, {1, 1, 3}) == 2); // 3 / 2 once, not twice
  CHECK(logits[1] == doctest::Approx(1.5));
  CHECK(logits[3] == doctest::Approx(-2.0)); // a negative one moves away from zero
}

TEST_CASE("sampling follows the softmax and its filters") {
  double total = 0;
  for (const float x : kLogits) total += std::exp(static_cast<double>(x));
  auto seen = shares({});
  for (int32_t id = 0; id < 5; ++id)
    CHECK(seen[id] == doctest::Approx(std::exp(static_cast<double>(kLogits[static_cast<size_t>(id)])) / total).epsilon(0.1));
  SamplingOptions options;
  options.topK = 2;
  CHECK(shares(options).size() == 2);
  options = {};
  options.topP = 0.6; // the first alone has 0.636
  CHECK(shares(options).size() == 1);
  options.topP = 0.7;
  CHECK(shares(options).size() == 2);
  options.topP = 0.0;
  CHECK(shares(options).size() == 1);
  options = {};
  options.minP = 0.2; // exp(-1) = 0.37 stays, exp(-2) = 0.14 goes
  CHECK(shares(options).size() == 2);
  options = {};
  options.temperature = 0.05;
  CHECK(shares(options).size() == 1);
  options.temperature = 0.0;
  CHECK(shares(options).begin()->first == 1);
}

TEST_CASE("the same seed gives the same answer, another seed another") {
  SamplingOptions options;
  options.greedy = false;
  const auto draw = [&](uint64_t seed) {
    options.seed = seed;
    Sampler sampler(options);
    std::vector<int32_t> ids;
    for (int i = 0; i < 50; ++i) {
      std::vector<float> logits = kLogits;
      ids.push_back(sampler.choose(logits.data(), 5, ids));
    }
    return ids;
  };
  CHECK(draw(7) == draw(7));
  CHECK(draw(7) != draw(8));
}
