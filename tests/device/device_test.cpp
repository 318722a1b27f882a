#include "core/base/atomic_file.h"
#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/machine_check.h"
#include "core/device/probe.h"
#include "core/device/threads.h"
#include "core/device/torch_guard.h"
#include "core/device/trial_memory.h"
#include "tests/support/model_fixture.h"
#include "tests/support/run_fixture.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <cstring>
#include <doctest/doctest.h>
#include <stdexcept>
#include <vector>

using namespace attune;
using namespace attune::core;

TEST_CASE("guard: exceptions become errors, values and results pass through") {
  CHECK(guarded("Adding", [] { return 3; }).value() == 3);
  CHECK(guarded("Nothing", [] {}).ok());
  CHECK(guarded("Passing", [] { return Result<int>(Error{ErrorCode::Usage, "no", "", "", {}}); }).error().code == ErrorCode::Usage);
  const Status wrong = guarded("The product", [] { (void)at::mm(at::ones({2, 3}), at::ones({2, 3})); });
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == ErrorCode::Internal);
  CHECK(wrong.error().message.find("The product failed") == 0);
  CHECK(wrong.error().message.find('\n') == std::string::npos); // no backtrace
  const Status memory = guarded("Training", [] { (void)at::empty({int64_t(1) << 50}); });
  REQUIRE_FALSE(memory.ok());
  CHECK(memory.error().code == ErrorCode::OutOfMemory);
  CHECK(memory.error().hint.find("batch_size") != std::string::npos);
  CHECK(guarded("Any", [] { throw std::bad_alloc(); }).error().code == ErrorCode::OutOfMemory);
  CHECK(guarded("Any", [] { throw std::runtime_error("odd"); }).error().code == ErrorCode::Internal);
}

TEST_CASE("host: figures are there and the peak follows what is used") {
  const HostInfo host = hostInfo();
  CHECK(host.cores >= 1);
  CHECK(host.memoryBytes > (int64_t(256) << 20));
  CHECK(host.availableBytes > 0);
  CHECK(host.availableBytes <= host.memoryBytes);
  CHECK_FALSE(host.processor.empty());
  CHECK(freeDiskBytes("/tmp/does/not/exist/yet") > 0);
#if defined(__SANITIZE_ADDRESS__)
  const bool measurable = false; // freed memory stays in quarantine
#else
  const bool measurable = resetPeakMemory();
#endif
  if (measurable) {
    const int64_t before = processMemory().peakResidentBytes;
    {
      std::vector<char> block(size_t(200) << 20);
      std::memset(block.data(), 1, block.size());
    }
    CHECK(processMemory().peakResidentBytes > before + (int64_t(150) << 20));
    CHECK(resetPeakMemory());
    CHECK(processMemory().peakResidentBytes < before + (int64_t(150) << 20));
  }
}

TEST_CASE("devices: the host's memory, and of it what this process holds") {
  const ComputeDevice host = describeDevice(at::Device(at::kCPU));
  CHECK(host.id == "cpu");
  CHECK(host.totalBytes == hostInfo().memoryBytes);
  CHECK(host.freeBytes > 0);
  CHECK(host.freeBytes <= host.totalBytes);
  CHECK(host.ownBytes > 0);
  CHECK(host.ownBytes < host.totalBytes);
}

TEST_CASE("on a card: a tensor is seen in what this process holds, and in what is free") {
  const at::Device device = core::test::testDevice();
  if (!device.is_cuda()) return;
  releaseDeviceMemory(device);
  const ComputeDevice before = describeDevice(device);
  const at::Tensor held = at::empty({int64_t(512) << 20}, at::TensorOptions().device(device).dtype(at::kByte));
  const ComputeDevice after = describeDevice(device);
  CHECK(after.totalBytes == before.totalBytes);
  CHECK(after.freeBytes <= before.freeBytes - (int64_t(500) << 20));
  if (before.ownBytes >= 0) CHECK(after.ownBytes >= before.ownBytes + (int64_t(512) << 20)); // an older libtorch does not say
}

TEST_CASE("trials: what was decided is remembered") {
  const attune::test::TemporaryFolder home;
  ::setenv("XDG_CACHE_HOME", (home.path() + "/not made yet").c_str(), 1);
  CHECK_FALSE(recallTrial("auto_precision", "machine").has_value());
  rememberTrial("auto_precision", "machine", "bf16");
  rememberTrial("auto_precision", "another", "fp32");
  CHECK(recallTrial("auto_precision", "machine") == std::optional<std::string>("bf16"));
  CHECK(recallTrial("auto_precision", "another") == std::optional<std::string>("fp32"));
  CHECK_FALSE(recallTrial("something_else", "machine").has_value());
  REQUIRE(writeFileAtomic(cacheFolder() + "/trials.json", "[1, 2").ok());
  CHECK_FALSE(recallTrial("auto_precision", "machine").has_value());
  rememberTrial("auto_precision", "machine", "fp32"); // begins anew
  CHECK(recallTrial("auto_precision", "machine") == std::optional<std::string>("fp32"));
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_CASE("probe: fp32 is proven here, and auto follows the trial") {
  CHECK(setComputeThreads(1) == 1);
  CHECK(setComputeThreads(0) == hostInfo().cores);
  const DtypeTrial single = tryDtype(at::kFloat, 128), half = tryDtype(at::kBFloat16, 128);
  CHECK(single.usable);
  CHECK(single.gflops > 0);
  CHECK(single.relativeError < 1e-5);
  CHECK(half.relativeError > single.relativeError);
  CHECK(int(*computeTypeFor(api::Precision::Auto, ComputePurpose::Measure)) == int(at::kFloat));
  CHECK(int(*computeTypeFor(api::Precision::Bf16, ComputePurpose::Train)) == int(at::kBFloat16));
  CHECK(computeTypeFor(api::Precision::Fp16, ComputePurpose::Train).error().code == ErrorCode::NotSupportedYet);
  CHECK(int(*computeTypeFor(api::Precision::Auto, ComputePurpose::Train)) == int(autoComputeType()));
  for (const MachineCheck &check : checkMachine("/tmp", 0)) {
    CAPTURE(check.id);
    const bool known = check.status == "ok" || check.status == "warn" || check.status == "fail";
    CHECK(known);
    CHECK_FALSE(check.found.empty());
  }
}
