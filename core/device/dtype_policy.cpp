#include "core/device/dtype_policy.h"

#include "core/device/own_thread.h"
#include "core/device/probe.h"

namespace attune::core {

bool bf16IsFaster() {
  static const bool faster = onOwnThread([] {
    const DtypeTrial single = tryDtype(at::kFloat), half = tryDtype(at::kBFloat16);
    return half.usable && (!single.usable || half.gflops >= single.gflops);
  });
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
