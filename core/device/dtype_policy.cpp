#include "core/device/dtype_policy.h"

#include "core/device/compute_device.h"
#include "core/device/own_thread.h"
#include "core/device/trial_memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <torch/version.h>

namespace attune::core {

namespace {

constexpr int kTrials = 3; // turn about: a busy moment slows one of each
constexpr double kClearly = 1.3;

} // namespace

bool isClearlyFaster(const std::vector<DtypeTrial> &half, const std::vector<DtypeTrial> &single) {
  const auto best = [](const std::vector<DtypeTrial> &trials) {
    double most = 0;
    for (const DtypeTrial &trial : trials) most = trial.usable ? std::max(most, trial.gflops) : most;
    return most;
  };
  return best(half) > 0 && best(half) >= kClearly * best(single);
}

at::ScalarType autoComputeType(const at::Device &device) {
  static std::mutex mutex;
  static std::map<std::string, at::ScalarType> known;
  const std::string id = device.str();
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = known.find(id); found != known.end()) return found->second;
  const std::string machine = describeDevice(device).name + " | libtorch " TORCH_VERSION;
  bool half = false;
  if (const auto remembered = recallTrial("auto_precision", machine)) {
    half = *remembered == "bf16";
  } else {
    half = onOwnThread([&] {
      std::vector<DtypeTrial> narrow, single;
      const int64_t size = device.is_cpu() ? 512 : 2048;
      for (int i = 0; i < kTrials; ++i) {
        single.push_back(tryDtype(at::kFloat, size, device));
        narrow.push_back(tryDtype(at::kBFloat16, size, device));
      }
      return isClearlyFaster(narrow, single);
    });
    rememberTrial("auto_precision", machine, half ? "bf16" : "fp32");
  }
  return known[id] = half ? at::kBFloat16 : at::kFloat;
}

Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device) {
  switch (precision) {
  case api::Precision::Fp32: return at::kFloat;
  case api::Precision::Bf16: return at::kBFloat16;
  case api::Precision::Fp16:
    if (!device.is_cpu() && purpose != ComputePurpose::Train) return at::kHalf;
    return Error{ErrorCode::NotSupportedYet,
                 device.is_cpu() ? "fp16 is a hundred times slower than bf16 on a CPU and is not computed here."
                                 : "Training in fp16 is not in this version.",
                 "precision",
                 "Use auto, bf16 or fp32.",
                 {}};
  case api::Precision::Auto: break;
  }
  return purpose == ComputePurpose::Measure ? at::kFloat : autoComputeType(device);
}

} // namespace attune::core
