// What needs tensors, behind one interface: runs, forecasts, chat, facts of the device. The studio loads its implementation
// (libtorch with it) after the first paint. Each part says which thread may call it.
#pragma once

#include "core/api/backend.h"
#include "core/api/chat.h"
#include "core/api/planner.h"

namespace attune::api {

struct DeviceFacts {
  std::string name;      // "Intel(R) Xeon(R) Processor"
  std::string precision; // the number type that precision `auto` means here: "fp32", "bf16"
  int64_t cores = 0;
  int64_t memoryBytes = 0; // installed, or the limit of the container
  std::string torch = {};  // the version of libtorch
};

class Engine {
public:
  virtual ~Engine() = default;
  virtual Backend &backend() = 0;   // GUI thread, returns at once
  virtual Planner &planner() = 0;   // service threads
  virtual DeviceFacts device() = 0; // service threads; the first call tries number types for some tenths of a second
  /// Loads a model and, unless empty, an adapter. Blocking, service thread; errors of the files.
  virtual Result<std::unique_ptr<ChatModel>> openChat(const std::string &model, const std::string &adapter) = 0;
};

} // namespace attune::api
