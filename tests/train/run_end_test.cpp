// How runs end that were not to end: a card that fails, and the memory that any end gives back.
#include "core/device/compute_device.h"
#include "tests/support/failing_memory.h"
#include "tests/support/model_fixture.h"
#include "tests/support/tiny_training.h"

#include <c10/util/Exception.h>
#include <doctest/doctest.h>

#include <cstdlib>

using namespace attune;
using namespace attune::core;
using namespace attune::test;

namespace {
const char *const kFaults[] = {"CUDA error: device-side assert triggered", "CUDA error: unspecified launch failure",
                               "HIP error: no ROCm-capable device is detected", "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED"};
}

TEST_CASE("a device that fails ends the run before anything of it is written") {
  // To see it fail: save in Trainer::run whatever the error, or know fewer words in torch_guard.
  for (const char *fault : kFaults) {
    CAPTURE(fault);
    TemporaryFolder folder;
    TinyRun run(folder.path());
    run.options.saveSteps = 3;
    run.model.afterPass = [&](int64_t) { TORCH_CHECK(run.model.changes < 5, fault); };
    const auto outcome = run.run();
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().code == ErrorCode::DeviceFailed);
    CHECK(outcome.error().message.find(fault) != std::string::npos);
    CHECK(outcome.error().hint.find("Start Attune again") != std::string::npos);
    CHECK(run.checkpoints.steps().value() == std::vector<int64_t>{3});
    TinyRun again(folder.path());
    CHECK(*again.run(3) == api::RunOutcome::Completed);
  }
}

TEST_CASE("a card's own out of memory is no fault of the device") {
  const auto codeOf = [](const char *text) { return guarded("Training", [text] { TORCH_CHECK(false, text); }).error().code; };
  CHECK(codeOf("CUDA error: out of memory") == ErrorCode::OutOfMemory);
  CHECK(codeOf("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`") == ErrorCode::OutOfMemory);
  CHECK(codeOf("HIP out of memory. Tried to allocate 2 GiB") == ErrorCode::OutOfMemory);
  CHECK(codeOf("a shape is wrong") == ErrorCode::Internal);
}

TEST_CASE("a run whose device fails names the checkpoint and the command that go on, and they do") {
  FailingMemory memory;
  TinyTraining calm, lost;
  REQUIRE(calm.run({}).ok());
  memory.fault = kFaults[0];
  lost.afterStep = [&](int64_t step) {
    if (step == 7) memory.failAfter(20);
  };
  const auto result = lost.run({});
  REQUIRE(result.ok());
  CHECK(result->outcome == api::RunOutcome::Failed);
  const auto finished = lost.all<api::RunFinished>();
  REQUIRE(finished.size() == 1);
  CHECK(std::holds_alternative<api::RunFinished>(lost.events.back().body));
  REQUIRE(finished[0].error);
  CHECK(finished[0].error->code == "device_failed");
  CHECK(finished[0].error->hint.find("up to step 6") != std::string::npos);
  CHECK(finished[0].error->hint.find("attune train --resume " + lost.files->out) != std::string::npos);
  lost.events.clear();
  lost.afterStep = nullptr;
  const auto resumed = lost.run({}, true);
  REQUIRE_MESSAGE(resumed.ok(), resumed.error().text());
  CHECK(resumed->outcome == api::RunOutcome::Completed);
  CHECK(lost.all<api::Resumed>().at(0).fromStep == 6);
  CHECK(lost.all<api::StepMetrics>().back().loss == calm.all<api::StepMetrics>().back().loss); // to the bit
}

TEST_CASE("memory is given back when a run ends, however it ends") {
  // To see it fail: hold a tensor of the run in a static, or leave releaseTensorMemory out of runTraining.
  FailingMemory memory;
  enum class End { Completes, Stopped, RunsOut, Faults, NotFinite };
  for (const End end : {End::Completes, End::Stopped, End::RunsOut, End::Faults, End::NotFinite}) {
    for (const char *method : {"method=lora", "method=full"}) {
      CAPTURE(int(end));
      CAPTURE(method);
      TinyTraining training;
      std::vector<std::string> settings = {method};
      if (end == End::NotFinite) settings.push_back("optimizer.lr=1");
      memory.fault = end == End::Faults ? kFaults[1] : "";
      training.afterStep = [&](int64_t step) {
        if (step != 4) return;
        if (end == End::Stopped) training.control.requestStop();
        if (end == End::RunsOut || end == End::Faults) memory.failAfter(15, 1000000);
      };
      const int64_t before = memory.liveBytes();
      const auto result = training.run(settings);
      memory.failAfter(-1, 0);
      REQUIRE_MESSAGE(result.ok(), result.error().text());
      if (end == End::Completes) CHECK(result->outcome == api::RunOutcome::Completed);
      if (end == End::Stopped) CHECK(result->outcome == api::RunOutcome::Stopped);
      if (end == End::RunsOut) {
        REQUIRE(result->error);
        CHECK(result->error->code == ErrorCode::OutOfMemory);
        CHECK(exitCodeOf(result->error->code) == 4);
      }
      if (end == End::Faults) CHECK(result->error->code == ErrorCode::DeviceFailed);
      CHECK(memory.liveBytes() == before);
      CHECK(tensorMemoryUse().keptBytes == 0);
    }
  }
}

TEST_CASE("on a card, a run's memory is given back however it ends") {
  const at::Device device = core::test::testDevice();
  if (device.is_cpu()) return;
  const std::vector<std::string> onCard = {"device=cuda"};
  {
    TinyTraining warm; // libraries and kernels stay loaded
    REQUIRE(warm.run(onCard).ok());
  }
  const int64_t before = describeDevice(device).freeBytes;
  for (const bool stops : {false, true}) {
    TinyTraining training;
    training.afterStep = [&](int64_t step) {
      if (stops && step == 4) training.control.requestStop();
    };
    const auto result = training.run(onCard);
    REQUIRE_MESSAGE(result.ok(), result.error().text());
    CHECK(result->outcome == (stops ? api::RunOutcome::Stopped : api::RunOutcome::Completed));
    CHECK(describeDevice(device).freeBytes > before - (int64_t(32) << 20));
  }
}
