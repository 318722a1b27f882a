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

/// kFloat or kBFloat16; NotSupportedYet for fp16, which a CPU computes a hundred times slower.
Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose);

/// Whether bf16 products are right and clearly faster than fp32 ones here. Found once a machine and remembered: two runs alike
/// shall compute alike.
bool bf16IsFaster();
bool isClearlyFaster(const std::vector<DtypeTrial> &half, const std::vector<DtypeTrial> &single);

} // namespace attune::core
