#include "core/device/context_memory.h"

#include "core/device/compute_device.h"
#include "core/device/trial_memory.h"
#include "core/nn/tensor.h"

#include <cstdlib>
#include <torch/version.h>

namespace attune::core {

namespace {

constexpr int64_t kLeast = int64_t(64) << 20, kMost = int64_t(1) << 30;

std::string machineOf(const at::Device &device, int64_t threads) {
  std::string machine = describeDevice(device).name;
  machine += " | libtorch " TORCH_VERSION;
  if (device.is_cpu()) machine += " | threads " + std::to_string(threads);
  return machine;
}

bool plausible(int64_t bytes) { return bytes >= kLeast && bytes <= kMost; }

} // namespace

int64_t knownContextBytes(const at::Device &device, int64_t threads) {
  const auto remembered = recallTrial("context_bytes", machineOf(device, threads));
  if (!remembered) return 0;
  const int64_t bytes = std::strtoll(remembered->c_str(), nullptr, 10);
  return plausible(bytes) ? bytes : 0;
}

void rememberContextBytes(const at::Device &device, int64_t threads, int64_t bytes) {
  if (!plausible(bytes) || bytes <= knownContextBytes(device, threads)) return;
  rememberTrial("context_bytes", machineOf(device, threads), std::to_string(bytes));
}

} // namespace attune::core
