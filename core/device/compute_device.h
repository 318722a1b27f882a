// The accelerators that this libtorch can use (CUDA and ROCm are both "cuda" to it) and the choice among them.
// No vendor header: counts come from libtorch, names and memory from the driver's C functions, looked up by name.
// Any thread; the first question to a card starts its context and takes some tenths of a second.
#pragma once

#include "core/base/result.h"
#include "core/nn/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::core {

struct ComputeDevice {
  std::string id;         // "cpu", "cuda:0"
  std::string name;       // "NVIDIA H200", "gfx906"; the processor's for the CPU; the id where nothing is known
  int64_t totalBytes = 0; // 0 = unknown
  int64_t freeBytes = 0;  // now, after what every program holds
  int64_t ownBytes = -1;  // that this process holds: of a card what libtorch took, of the host what is resident; -1 = unknown
};

/// Every accelerator here, in libtorch's order; empty on a CPU build or without a driver.
std::vector<ComputeDevice> accelerators();

/// What is known of one device. The CPU's memory is the host's.
ComputeDevice describeDevice(const at::Device &device);

/// "auto" (the accelerator with the most free memory that passes a trial product, else the CPU), "cpu", "cuda", "cuda:1".
/// InvalidConfig at `where`, naming what is here, for a device that is absent; DeviceFailed for one that computes wrongly.
Result<at::Device> chooseDevice(const std::string &setting, const std::string &where = "device");

/// Waits until everything asked of the device is done; nothing on the CPU.
void synchronize(const at::Device &device);

/// Gives memory that libtorch keeps for later back to the device, as far as this libtorch lets us.
void releaseDeviceMemory(const at::Device &device);

} // namespace attune::core
