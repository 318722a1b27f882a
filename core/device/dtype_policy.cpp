#include "core/device/dtype_policy.h"

#include "core/device/host_info.h"
#include "core/device/own_thread.h"
#include "core/device/trial_memory.h"

#include <algorithm>
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

bool bf16IsFaster() {
  static const bool faster = [] {
    const std::string machine = hostInfo().processor + " | libtorch " TORCH_VERSION;
    if (const auto known = recallTrial("auto_precision", machine)) return *known == "bf16";
    const bool found = onOwnThread([] {
      std::vector<DtypeTrial> half, single;
      for (int i = 0; i < kTrials; ++i) {
        single.push_back(tryDtype(at::kFloat));
        half.push_back(tryDtype(at::kBFloat16));
      }
      return isClearlyFaster(half, single);
    });
    rememberTrial("auto_precision", machine, found ? "bf16" : "fp32");
    return found;
  }();
  return faster;
}

Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose) {
  switch (precision) {
  case api::Precision::Fp32: return at::kFloat;
  case api::Precision::Bf16: return at::kBFloat16;
  case api::Precision::Fp16:
    return Error{ErrorCode::NotSupportedYet,
                 "fp16 is a hundred times slower than bf16 on a CPU and is not computed here.",
                 "precision",
                 "Use auto, bf16 or fp32.",
                 {}};
  case api::Precision::Auto: break;
  }
  if (purpose == ComputePurpose::Measure) return at::kFloat;
  return bf16IsFaster() ? at::kBFloat16 : at::kFloat;
}

} // namespace attune::core
