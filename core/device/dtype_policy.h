// Which type a run computes in: the setting, or for `auto` what a trial on this machine says. Job or main thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/device/probe.h"
#include "core/nn/tensor.h"

namespace attune::core {

enum class ComputePurpose {
  Train,   // the faster of fp32 and bf16
  Answer,  // generate and chat: as for training
  Measure, // score, merge, export: fp32
};

/// kFloat, kBFloat16 or kHalf; NotSupportedYet for fp16 on a CPU, which computes it a hundred times slower, and in training.
Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device = at::kCPU);

/// What `auto` means on this device: bf16 where its products are right and clearly faster than fp32's, else fp32. Found once
/// a device and remembered: two runs alike shall compute alike.
at::ScalarType autoComputeType(const at::Device &device = at::kCPU);
bool isClearlyFaster(const std::vector<DtypeTrial> &half, const std::vector<DtypeTrial> &single);

} // namespace attune::core
