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
  std::string id = "cpu";  // what device `auto` means here: "cpu", "cuda:0"
};

/// A place that computes and its memory at this moment, in bytes; negative = unknown.
struct DeviceMemory {
  std::string id;   // as the setting `device` names it: "cpu", "cuda:0"
  std::string name; // "NVIDIA H200"; the processor's for the CPU
  int64_t totalBytes = -1;
  int64_t freeBytes = -1; // after what every program holds
  int64_t ownBytes = -1;  // held by this process: of a card what libtorch took, on the CPU what is resident
};

class Engine {
public:
  virtual ~Engine() = default;
  virtual Backend &backend() = 0;   // GUI thread, returns at once
  virtual Planner &planner() = 0;   // service threads
  virtual DeviceFacts device() = 0; // service threads; the first call tries number types for some tenths of a second
  /// The host first, then every card. Service threads; microseconds to milliseconds, so that a meter may ask each second.
  virtual std::vector<DeviceMemory> devices() = 0;
  /// Loads a model and, unless empty, an adapter. Blocking, service thread; errors of the files.
  virtual Result<std::unique_ptr<ChatModel>> openChat(const std::string &model, const std::string &adapter) = 0;
};

} // namespace attune::api
