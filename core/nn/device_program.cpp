#include "core/nn/device_program.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/device_source.h"
#include "core/nn/kernels/low_rank_source.h"

#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace attune::core::device {

const Program &programFor(const at::Device &device, at::ScalarType type, const std::string &skinny) {
  static std::mutex mutex;
  static auto *const known = new std::map<std::tuple<int, at::ScalarType, std::string>, Program>; // outlives tensors in static storage
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [entry, fresh] = known->emplace(std::tuple(static_cast<int>(device.index()), type, skinny), Program());
  if (fresh) {
    std::vector<std::string> definitions{"TYPE=" + std::to_string(type == at::kFloat ? 0 : type == at::kBFloat16 ? 1 : 2)};
    if (!skinny.empty()) definitions.push_back(skinny);
    entry->second.code =
        DeviceCode::compile(device, skinny.empty() ? kernels::kDeviceSource : kernels::kLowRankSource, definitions, entry->second.problem);
  }
  return entry->second;
}

const DeviceCode *codeFor(const Tensor &tensor, const std::string &skinny) {
  if (!tensor.defined() || !tensor.is_cuda() || plainKernelsForced()) return nullptr;
  const auto type = tensor.scalar_type();
  if (type != at::kFloat && type != at::kBFloat16 && type != at::kHalf) return nullptr;
  return programFor(tensor.device(), type, skinny).code.get();
}

} // namespace attune::core::device
