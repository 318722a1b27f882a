// Which type a run computes in: the setting, or for `auto` what trials on this machine say. Job or main thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/device/probe.h"
#include "core/device/product_trial.h"
#include "core/nn/tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::core {

enum class ComputePurpose {
  Train,   // the fastest type that computes rightly
  Answer,  // generate and chat: as for training
  Measure, // score, merge, export: fp32
};

/// The type that a setting names, fp32 for auto; and the setting that names a type.
at::ScalarType typeOf(api::Precision precision);
api::Precision precisionOf(at::ScalarType type);

/// kFloat, kBFloat16 or kHalf; NotSupportedYet for fp16 on a CPU, which computes it a hundred times slower.
Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device = at::kCPU);

/// computeTypeFor, proven on the model's own products where the device is an accelerator: a type that computes them wrongly is
/// refused (DeviceFailed), and `auto` takes the next; `problems` then tells of the types passed over.
Result<at::ScalarType> provenTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device,
                                     const io::ModelConfig &model, int64_t rows, std::vector<std::string> &problems);

/// The first type without a problem; `problems` gets those of the types before it. DeviceFailed when all have one.
Result<at::ScalarType> firstProven(const std::vector<at::ScalarType> &types, const std::function<std::string(at::ScalarType)> &problemOf,
                                   std::vector<std::string> &problems);

/// What `auto` means on this device: the first of autoTypes.
at::ScalarType autoComputeType(const at::Device &device = at::kCPU);

/// The types to compute in on this device, best first, fp32 last. Tried once a device and remembered: two runs alike shall
/// compute alike.
std::vector<at::ScalarType> autoTypes(const at::Device &device);

/// The order by trials of each type, of which the best counts: bf16 where it is right and clearly faster than fp32, before fp16
/// unless that is so much faster that bf16 must be emulated; fp16 where it is clearly faster than fp32.
std::vector<at::ScalarType> rankTypes(const std::vector<DtypeTrial> &trials);

} // namespace attune::core
