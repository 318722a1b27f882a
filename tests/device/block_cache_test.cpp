#include "core/device/block_cache.h"

#include "core/base/rng.h"
#include "core/device/tensor_memory.h"
#include "core/nn/tensor.h"

#include <c10/util/Exception.h>

#include <cstring>
#include <doctest/doctest.h>
#include <utility>
#include <vector>

using namespace attune;
using namespace attune::core;

constexpr size_t kMiB = size_t(1) << 20;

TEST_CASE("A freed block serves the next request, whole or in parts that join again") {
  BlockCache cache;
  char *const whole = static_cast<char *>(cache.take(8 * kMiB));
  REQUIRE(whole);
  std::memset(whole, 1, 8 * kMiB);
  CHECK(cache.give(whole));
  CHECK_FALSE(cache.give(whole)); // no longer in use
  CHECK(cache.usage().free == 8 * kMiB);
  void *const first = cache.take(3 * kMiB), *const second = cache.take(5 * kMiB);
  CHECK(first == whole);
  CHECK(second == whole + 3 * kMiB);
  CHECK(cache.usage().free == 0);
  CHECK(cache.give(first));
  CHECK(cache.give(second));
  CHECK(cache.take(8 * kMiB) == whole);
}

TEST_CASE("What is kept never exceeds the most that was in use at once") {
  BlockCache cache;
  CounterRng rng(7, 0);
  std::vector<std::pair<char *, size_t>> held;
  for (int round = 0; round < 4000; ++round) {
    if (!held.empty() && rng.uniform() < 0.5) {
      const auto index = static_cast<size_t>(rng.uniform() * static_cast<double>(held.size()));
      const auto [block, bytes] = held[index];
      CHECK(block[0] == static_cast<char>(bytes % 251)); // nobody else wrote here
      CHECK(block[bytes - 1] == static_cast<char>(bytes % 251));
      REQUIRE(cache.give(block));
      held.erase(held.begin() + static_cast<long>(index));
    } else {
      const auto bytes = 1 + static_cast<size_t>(rng.uniform() * 6.0 * static_cast<double>(kMiB));
      char *const block = static_cast<char *>(cache.take(bytes));
      REQUIRE(block);
      block[0] = block[bytes - 1] = static_cast<char>(bytes % 251);
      held.emplace_back(block, bytes);
    }
    const auto usage = cache.usage();
    REQUIRE(usage.live + usage.free <= usage.peakLive);
  }
  for (const auto &[block, bytes] : held) CHECK(cache.give(block));
  CHECK(cache.usage().live == 0);
  cache.releaseFree();
  CHECK(cache.usage().free == 0);
}

TEST_CASE("Memory that does not exist is refused, and what was kept is given up for it") {
  BlockCache cache;
  cache.give(cache.take(4 * kMiB));
  CHECK(cache.take(SIZE_MAX) == nullptr);
  CHECK(cache.take(size_t(1) << 60) == nullptr);
  CHECK(cache.usage().free == 0);
  CHECK(cache.take(kMiB) != nullptr);
  int local = 0;
  CHECK_FALSE(cache.give(&local));
}

TEST_CASE("A cache keeps to its limit, and asks before it grows") {
  // To see it fail: leave m_limit or m_mayGrow out of BlockCache::map.
  BlockCache cache;
  size_t left = SIZE_MAX;
  cache.limit(8 * kMiB, [&](size_t more) { return more <= left; });
  void *const first = cache.take(5 * kMiB);
  REQUIRE(first);
  CHECK_FALSE(cache.take(4 * kMiB));
  void *const second = cache.take(3 * kMiB);
  CHECK(second);
  CHECK(cache.give(second));
  CHECK(cache.take(2 * kMiB)); // out of what is kept
  CHECK(cache.give(first));
  CHECK_FALSE(cache.take(7 * kMiB)); // what was kept went back in vain
  CHECK(cache.take(6 * kMiB));
  cache.limit(SIZE_MAX, [&](size_t more) { return more <= left; });
  left = kMiB;
  CHECK_FALSE(cache.take(2 * kMiB));
  CHECK(cache.take(kMiB));
  cache.limit(SIZE_MAX, {});
  CHECK(cache.take(20 * kMiB));
}

TEST_CASE("A limit on tensors is met as out of memory, and ends with its object") {
  keepTensorMemory();
  const auto taken = [](int64_t bytes) { return at::empty({bytes}, at::TensorOptions().dtype(at::kByte)); };
  const Tensor before = taken(4 * int64_t(kMiB));
  const int64_t at = tensorMemoryUse().bytes;
  {
    const TensorMemoryLimit limit(6 * int64_t(kMiB), {});
    const Tensor half = taken(4 * int64_t(kMiB));
    CHECK(tensorMemoryUse().bytes == at + 4 * int64_t(kMiB));
    CHECK_THROWS_AS(taken(3 * int64_t(kMiB)), c10::OutOfMemoryError);
    CHECK(taken(2 * int64_t(kMiB)).defined());
  }
  CHECK(taken(30 * int64_t(kMiB)).defined());
  {
    const TensorMemoryLimit limit(0, [](int64_t more) { return more < int64_t(kMiB); });
    CHECK_THROWS_AS(taken(2 * int64_t(kMiB)), c10::OutOfMemoryError);
  }
  CHECK(tensorMemoryUse().bytes == at);
  releaseTensorMemory();
  CHECK(tensorMemoryUse().keptBytes == 0);
}

TEST_CASE("Tensors large and small live and die by the installed allocator") {
  keepTensorMemory();
  const void *place = nullptr;
  {
    const Tensor large = at::ones({1024, 1024});
    place = large.data_ptr();
    CHECK(large.sum().item<double>() == 1024.0 * 1024);
  }
  CHECK(at::ones({1024, 1024}).data_ptr() == place);
  CHECK(at::ones({3}).sum().item<double>() == 3.0);
  CHECK(at::empty({0}).numel() == 0);
  CHECK_THROWS(at::empty({int64_t(1) << 58}));
  releaseTensorMemory();
  CHECK(at::ones({1024, 1024}).sum().item<double>() == 1024.0 * 1024);
}
