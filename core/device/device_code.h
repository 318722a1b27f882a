// Kernels of our own on an accelerator: source text compiled at run time by NVRTC or hipRTC, whichever libtorch brought along,
// and launched through the driver on libtorch's current stream. C functions looked up by name: no vendor header, no nvcc.
// Any thread. Where anything is missing there is no code, and callers take plain operators.
#pragma once

#include "core/nn/tensor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace attune::core {

struct LaunchShape {
  int64_t blocks = 1; // at most 2^31 - 1
  int threads = 256;
  int sharedBytes = 0;
};

class DeviceCode {
public:
  /// Compiles `source` for the device; null with `problem` filled where that is not possible.
  static std::shared_ptr<const DeviceCode> compile(const at::Device &device, const std::string &source,
                                                   const std::vector<std::string> &definitions, std::string &problem);
  /// Starts an extern "C" __global__ function of the source. Arguments are passed as the bytes they are: pointers, int64_t,
  /// int, float. False where the name is unknown or the stream cannot be reached; c10::Error where the driver refuses.
  template <typename... Arguments> bool launch(const char *name, const LaunchShape &shape, Arguments... arguments) const {
    void *list[] = {static_cast<void *>(&arguments)...};
    return launchRaw(name, shape, list);
  }

private:
  DeviceCode() = default;
  bool launchRaw(const char *name, const LaunchShape &shape, void **arguments) const;

  struct Module;
  std::shared_ptr<Module> m_module;
};

} // namespace attune::core
