#include "core/plan/plan_place.h"

#include "core/device/card_cache.h"
#include "tests/support/smol_config.h"

#include <ATen/core/Tensor.h>
#include <cstdlib>
#include <doctest/doctest.h>

namespace attune::core {
namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

class AllocatorSettings {
public:
  explicit AllocatorSettings(const char *settings) { ::setenv("PYTORCH_CUDA_ALLOC_CONF", settings, 1); }
  ~AllocatorSettings() { ::unsetenv("PYTORCH_CUDA_ALLOC_CONF"); }
};

} // namespace

TEST_CASE("a plan's budget: on the CPU the cap as it is, of a card's memory what its cache can fill") {
  api::RunConfig config;
  config.memoryCapBytes = 12345678901;
  CHECK(placeOn(at::Device(at::kCPU), config, 2, test::smol()).budget.compute == 12345678901);

  const AllocatorSettings growing("garbage_collection_threshold:0.9,expandable_segments:True");
  const int64_t grows = placeElsewhere("cuda", 16 * kGiB, config.method).budget.compute;
  CHECK(grows < 16 * kGiB);
  CHECK(grows > 15 * kGiB);
  const AllocatorSettings fixed("expandable_segments:False");
  CHECK(placeElsewhere("cuda", 16 * kGiB, config.method).budget.compute < grows);
  CHECK(placeElsewhere("cuda", 16 * kGiB, api::Method::Full).budget.compute <
        placeElsewhere("cuda", 16 * kGiB, config.method).budget.compute);
  CHECK(placeElsewhere("cuda", 1, config.method).budget.compute == 0);
}

} // namespace attune::core
