// Which type a run computes in: the setting, or for `auto` what a trial on this machine says. Job or main thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/nn/tensor.h"

namespace attune::core {

enum class ComputePurpose {
  Train,   // the faster of fp32 and bf16
  Answer,  // generate and chat: as for training
  Measure, // score, merge, export: fp32
};

/// kFloat or kBFloat16; NotSupportedYet for fp16, which a CPU computes a hundred times slower.
Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose);

/// Whether a bf16 product is right and at least as fast as an fp32 one here; found once per process.
bool bf16IsFaster();

} // namespace attune::core
