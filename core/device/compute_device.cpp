#include "core/device/compute_device.h"

#include "core/device/host_info.h"
#include "core/device/probe.h"

#include <algorithm>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <torch/cuda.h>

#if ATTUNE_HAS_DEVICE_ALLOCATOR
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace attune::core {

namespace {

using MemoryFunction = int (*)(size_t *, size_t *);                      // cudaMemGetInfo and hipMemGetInfo; 0 = success
using HandleFunction = int (*)(int *, int);                              // cuDeviceGet and hipDeviceGet
using NameFunction = int (*)(char *, int, int);                          // cuDeviceGetName and hipDeviceGetName
constexpr const char *kRuntimes[] = {"libc10_cuda.so", "libc10_hip.so"}; // a symbol is sought in what these load, too
constexpr const char *kDrivers[] = {"libcuda.so.1", "libamdhip64.so"};

template <typename Function> Function findFunction(const char *const (&libraries)[2], const char *cuda, const char *hip) {
  for (const char *library : libraries) {
    void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD); // libtorch has loaded what it uses
    if (!handle) continue;
    for (const char *name : {cuda, hip})
      if (void *found = dlsym(handle, name)) return reinterpret_cast<Function>(found);
  }
  return nullptr;
}

std::string nameOf(int index) {
  static const auto get = findFunction<HandleFunction>(kDrivers, "cuDeviceGet", "hipDeviceGet");
  static const auto name = findFunction<NameFunction>(kDrivers, "cuDeviceGetName", "hipDeviceGetName");
  int handle = 0;
  char text[128] = "";
  if (!get || !name || get(&handle, index) != 0 || name(text, sizeof text - 1, handle) != 0) return "";
  return text;
}

int64_t acceleratorCount() {
  try {
    return torch::cuda::is_available() ? static_cast<int64_t>(torch::cuda::device_count()) : 0;
  } catch (const std::exception &) { // a driver that does not start
    return 0;
  }
}

/// Whether the device multiplies rightly; tried once a device.
const std::string &problemOf(const at::Device &device) {
  static std::mutex mutex;
  static std::map<int, std::string> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = known.find(device.index());
  return found != known.end() ? found->second : known.emplace(device.index(), tryDtype(at::kFloat, 256, device).problem).first->second;
}

Error absent(const std::string &asked, const std::vector<ComputeDevice> &present, const std::string &where) {
  std::string list = "cpu";
  for (const ComputeDevice &device : present) list += ", " + device.id + " (" + device.name + ")";
  return {ErrorCode::InvalidConfig,
          "There is no device \"" + asked + "\"; here are: " + list + ".",
          where,
          present.empty() ? "Use cpu or auto; attune doctor says why there is no card." : "Use one of these, or auto.",
          {}};
}

} // namespace

ComputeDevice describeDevice(const at::Device &device) {
  ComputeDevice result;
  if (!device.is_cuda()) {
    const HostInfo host = hostInfo();
    return {"cpu", host.processor, host.memoryBytes, host.availableBytes, processMemory().residentBytes};
  }
  const int index = device.has_index() ? device.index() : 0;
  result.id = "cuda:" + std::to_string(index);
  result.name = nameOf(index);
  if (result.name.empty()) result.name = result.id;
  static const auto memory = findFunction<MemoryFunction>(kRuntimes, "cudaMemGetInfo", "hipMemGetInfo");
  const c10::DeviceGuard guard(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
  size_t free = 0, total = 0;
  if (memory && memory(&free, &total) == 0) {
    result.freeBytes = static_cast<int64_t>(free);
    result.totalBytes = static_cast<int64_t>(total);
  }
#if ATTUNE_HAS_DEVICE_ALLOCATOR
  auto *const allocator = c10::getDeviceAllocator(at::kCUDA);
  const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  result.ownBytes =
      allocator->initialized() ? allocator->getDeviceStats(static_cast<c10::DeviceIndex>(index)).reserved_bytes.at(all).current : 0;
#endif
  return result;
}

std::vector<ComputeDevice> accelerators() {
  std::vector<ComputeDevice> devices;
  for (int64_t i = 0; i < acceleratorCount(); ++i)
    devices.push_back(describeDevice(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(i))));
  return devices;
}

Result<at::Device> chooseDevice(const std::string &setting, const std::string &where) {
  const at::Device cpu(at::kCPU);
  if (setting == "cpu") return cpu;
  const std::vector<ComputeDevice> present = accelerators();
  if (setting == "auto") {
    int64_t most = -1;
    at::Device best = cpu;
    for (size_t i = 0; i < present.size(); ++i) {
      const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(i));
      if (present[i].freeBytes <= most || !problemOf(device).empty()) continue;
      most = present[i].freeBytes;
      best = device;
    }
    return best;
  }
  const int index = setting.size() > 5 ? std::atoi(setting.c_str() + 5) : 0;
  if (index >= static_cast<int>(present.size())) return absent(setting, present, where);
  const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
  if (!problemOf(device).empty())
    return Error{ErrorCode::DeviceFailed,
                 "The device " + setting + " does not compute rightly: " + problemOf(device),
                 where,
                 "Use cpu, and look at attune doctor.",
                 {}};
  return device;
}

void synchronize(const at::Device &device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

void releaseDeviceMemory(const at::Device &device) {
  if (!device.is_cuda()) return;
#if ATTUNE_HAS_DEVICE_ALLOCATOR
  c10::getDeviceAllocator(at::kCUDA)->emptyCache();
#endif
}

} // namespace attune::core
