#include "core/nn/kernel_policy.h"

#include "core/device/compute_limits.h"

#include <atomic>

namespace attune::core {

namespace {
std::atomic<bool> g_plain{false};
}

void setPlainKernels(bool plain) { g_plain = plain; }

bool plainKernelsForced() { return g_plain || computeLimits().plainOnly; }

bool usesOwnKernels(const Tensor &tensor) {
  if (plainKernelsForced() || !tensor.defined() || !tensor.device().is_cpu() || tensor.layout() != at::kStrided) return false;
  if (tensor.scalar_type() != at::kFloat && tensor.scalar_type() != at::kBFloat16) return false;
  return tensor.dim() > 0 && (tensor.size(-1) <= 1 || tensor.stride(-1) == 1);
}

} // namespace attune::core
