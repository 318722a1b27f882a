#include "core/device/compute_device.h"
#include "core/device/context_memory.h"
#include "core/device/device_memory.h"
#include "core/device/rate_probe.h"
#include "core/device/trial_memory.h"
#include "tests/support/model_fixture.h"
#include "tests/support/temp_folder.h"

#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <torch/version.h>

using namespace attune;
using namespace attune::core;

namespace {

/// The user's cache is left alone.
class OwnCache {
public:
  OwnCache() { ::setenv("XDG_CACHE_HOME", m_folder.path().c_str(), 1); }
  ~OwnCache() { ::unsetenv("XDG_CACHE_HOME"); }

private:
  attune::test::TempFolder m_folder;
};

} // namespace

TEST_CASE("a device's context: the most that the last runs measured is remembered, by threads, and impossible figures are not") {
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
  for (int run = 0; run < 4; ++run) rememberContextBytes(cpu, 2, 130 * kMiB);
  CHECK(knownContextBytes(cpu, 2) == 160 * kMiB); // one of five still
  rememberContextBytes(cpu, 2, 140 * kMiB);
  CHECK(knownContextBytes(cpu, 2) == 140 * kMiB); // never below a fresh one
  const std::string machine = describeDevice(cpu).name + " | libtorch " TORCH_VERSION " | threads 3";
  rememberTrial("context_bytes", machine, std::to_string(150 * kMiB)); // as it was kept before
  CHECK(knownContextBytes(cpu, 3) == 150 * kMiB);
  for (const char *text : {"", "much", "-5 99999999999999999999", "1 2 3"}) {
    rememberTrial("context_bytes", machine, text);
    CHECK(knownContextBytes(cpu, 3) == 0);
  }
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

TEST_CASE("on a card: tensors are no part of its context, and its rates are those of a card") {
  const at::Device device = core::test::testDevice();
  if (!device.is_cuda()) return;
  const OwnCache cache;
  const DeviceMemoryWatch watch(device);
  const Tensor first = at::zeros({1}, at::TensorOptions().device(device));
  synchronize(device);
  const int64_t before = watch.unreportedBytes();
  CHECK(before > int64_t(64) << 20);
  const Tensor large = at::zeros({int64_t(256) << 20}, at::TensorOptions().dtype(at::kByte).device(device));
  synchronize(device);
  CHECK(std::abs(watch.unreportedBytes() - before) < int64_t(64) << 20);
  const DeviceRates rates = measureRates(device);
  CHECK(rates.fp32 > 1e11);
  CHECK(std::max(rates.bf16, rates.fp16) > rates.fp32);
  CHECK(rates.memory > 1e10);
  CHECK(rates.hostLink > 1e8);
}
