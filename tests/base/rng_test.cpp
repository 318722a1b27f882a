#include "core/base/rng.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace attune;

TEST_CASE("Philox gives the words of the published known-answer test") {
  // Random123 kat_vectors: philox4x32-10, counter and key all zero, then all ones.
  CHECK(CounterRng(0, 0).block(0) == std::array<uint32_t, 4>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(CounterRng(~0ull, ~0ull).block(~0ull) == std::array<uint32_t, 4>{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
}

TEST_CASE("A sought position repeats the same numbers") {
  CounterRng rng(7, 3);
  rng.next();
  const auto position = rng.position();
  const auto expected = rng.next();
  rng.seek(position);
  CHECK(rng.next() == expected);
}

TEST_CASE("A permutation holds every index once and depends on the seed") {
  auto order = permutation(100, 1, 2);
  CHECK(order != permutation(100, 2, 2));
  CHECK(order == permutation(100, 1, 2));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}
