#include "core/backend/local_engine.h"

#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/tensor_memory.h"
#include "core/device/threads.h"
#include "core/device/torch_guard.h"
#include "core/generate/local_chat.h"

#include <torch/version.h>

namespace attune::core {

LocalEngine::LocalEngine(int64_t threads) {
  keepTensorMemory();
  setComputeThreads(threads);
}

api::DeviceFacts LocalEngine::device() {
  const auto chosen = chooseDevice("auto");
  const at::Device device = chosen.ok() ? *chosen : at::Device(at::kCPU);
  const ComputeDevice described = describeDevice(device);
  return {described.name, typeName(autoComputeType(device)), hostInfo().cores, described.totalBytes, TORCH_VERSION, described.id};
}

std::vector<api::DeviceMemory> LocalEngine::devices() {
  std::vector<api::DeviceMemory> found;
  const auto add = [&found](const ComputeDevice &device) {
    const auto known = [&device](int64_t bytes) { return device.totalBytes > 0 ? bytes : -1; };
    found.push_back({device.id, device.name, known(device.totalBytes), known(device.freeBytes), device.ownBytes});
  };
  add(describeDevice(at::Device(at::kCPU)));
  const auto cards = guarded("Looking at the cards", accelerators); // one that is gone throws
  if (cards.ok())
    for (const ComputeDevice &card : *cards) add(card);
  return found;
}

Result<std::unique_ptr<api::ChatModel>> LocalEngine::openChat(const std::string &model, const std::string &adapter) {
  return openLocalChat(model, adapter);
}

} // namespace attune::core
