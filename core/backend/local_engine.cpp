#include "core/backend/local_engine.h"

#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/tensor_memory.h"
#include "core/device/threads.h"
#include "core/generate/local_chat.h"

#include <torch/version.h>

namespace attune::core {

LocalEngine::LocalEngine(int64_t threads) {
  keepTensorMemory();
  setComputeThreads(threads);
}

api::DeviceFacts LocalEngine::device() {
  const HostInfo host = hostInfo();
  return {host.processor, bf16IsFaster() ? "bf16" : "fp32", host.cores, host.memoryBytes, TORCH_VERSION};
}

Result<std::unique_ptr<api::ChatModel>> LocalEngine::openChat(const std::string &model, const std::string &adapter) {
  return openLocalChat(model, adapter);
}

} // namespace attune::core
