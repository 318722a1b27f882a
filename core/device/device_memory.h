// How much of an accelerator's memory this program's tensors take, now and at most, seen through libtorch's own reports of
// every allocation: exact, and the same on every version and vendor. Also a cap that holds. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/nn/tensor.h"

#include <cstdint>
#include <memory>

namespace attune::core {

/// Watches while it lives, on the thread that made it and on the backward threads that work for it.
class DeviceMemoryWatch {
public:
  explicit DeviceMemoryWatch(const at::Device &device); // on the CPU it sees nothing
  ~DeviceMemoryWatch();
  DeviceMemoryWatch(const DeviceMemoryWatch &) = delete;
  DeviceMemoryWatch &operator=(const DeviceMemoryWatch &) = delete;

  struct Use {
    int64_t bytes = 0;        // in tensors now
    int64_t peakBytes = 0;    // in tensors at most
    int64_t reserved = 0;     // that libtorch has taken from the device
    int64_t peakReserved = 0; // that libtorch took from the device at most
  };
  Use use() const;
  /// What the device lacks beside all that libtorch took: the context with its kernels, and whatever other programs hold.
  int64_t unreportedBytes() const;
  /// Starts a new peak at what is in use now.
  void resetPeak();

private:
  struct Guard;
  std::unique_ptr<Guard> m_guard;
};

/// Holds the rest of the device while it lives, so that this process cannot take more than `capBytes` of it, the context
/// included. Where less than that is free the device itself is the cap, and nothing is held. `beyond`: what this use adds to the
/// context of others (copiesContextBytes).
class DeviceMemoryCap {
public:
  static Result<DeviceMemoryCap> hold(const at::Device &device, int64_t capBytes, int64_t beyond);
  int64_t heldBytes() const { return m_ballast.defined() ? m_ballast.numel() : 0; }

private:
  Tensor m_ballast; // bytes that nobody reads
};

} // namespace attune::core
