#include "core/device/context_memory.h"
#include "core/device/rate_probe.h"
#include "tests/support/temp_folder.h"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;

namespace {

/// The user's cache is left alone.
class OwnCache {
public:
  OwnCache() { ::setenv("XDG_CACHE_HOME", m_folder.path().c_str(), 1); }
  ~OwnCache() { ::unsetenv("XDG_CACHE_HOME"); }

private:
  test::TempFolder m_folder;
};

} // namespace

TEST_CASE("a device's context: the most that runs measured is remembered, by threads, and impossible figures are not") {
  const OwnCache cache;
  const at::Device cpu(at::kCPU);
  constexpr int64_t kMiB = int64_t(1) << 20;
  CHECK(knownContextBytes(cpu, 2) == 0);
  rememberContextBytes(cpu, 2, 150 * kMiB);
  rememberContextBytes(cpu, 2, 120 * kMiB);
  CHECK(knownContextBytes(cpu, 2) == 150 * kMiB);
  CHECK(knownContextBytes(cpu, 4) == 0);
  for (const int64_t bytes : {int64_t(-1), int64_t(0), 5 * kMiB, 5000 * kMiB, INT64_MAX}) rememberContextBytes(cpu, 2, bytes);
  CHECK(knownContextBytes(cpu, 2) == 150 * kMiB);
  rememberContextBytes(cpu, 2, 160 * kMiB);
  CHECK(knownContextBytes(cpu, 2) == 160 * kMiB);
}

TEST_CASE("a device's rates are measured once and remembered") {
  const OwnCache cache;
  const DeviceRates rates = deviceRates(at::kCPU, 1);
  CHECK(rates.fp32 > 1e8);
  CHECK(rates.bf16 > 1e6);
  CHECK(rates.memory > 1e8);
  CHECK(rates.hostLink == 0);
  CHECK(deviceRates(at::kCPU, 1).fp32 == rates.fp32);
}
