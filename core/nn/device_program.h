// The compiled texts of our kernels, for the device_*.cpp beside this file: made at the first question for each device and type, and
// kept. Any thread; null code where one cannot be made or plain operators are forced, and callers take those.
#pragma once

#include "core/device/device_code.h"
#include "core/nn/tensor.h"

#include <initializer_list>
#include <memory>
#include <string>

namespace attune::core::device {

constexpr int kThreads = 256; // of a block, in every kernel of ours

struct Program {
  std::shared_ptr<const DeviceCode> code;
  std::string problem;
};

/// skinny: which of LoRA's skinny products, "SWEEP=2" (kernels/low_rank_source.h); empty = all other kernels.
const Program &programFor(const at::Device &device, at::ScalarType type, const std::string &skinny = {});

/// The code for this tensor's type and device, or null.
const DeviceCode *codeFor(const Tensor &tensor, const std::string &skinny = {});

inline const void *read(const Tensor &tensor) { return tensor.defined() ? tensor.const_data_ptr() : nullptr; }

inline int64_t blocksFor(int64_t items) { return (items + kThreads - 1) / kThreads; }

} // namespace attune::core::device
