#include "core/device/torch_guard.h"

#include <c10/util/Exception.h>
#include <cstring>
#include <new>

namespace attune::core {

namespace {

std::string firstLine(const char *text) {
  std::string line(text, std::strcspn(text, "\n"));
  if (line.size() > 400) line = line.substr(0, 400) + " ...";
  if (!line.empty() && line.back() != '.') line += '.';
  return line;
}

} // namespace

Error errorFromException(const std::exception &error, const std::string &doing) {
  const auto *torchError = dynamic_cast<const c10::Error *>(&error);
  const char *text = torchError ? torchError->what_without_backtrace() : error.what();
  // libtorch's CPU allocator throws a plain c10::Error.
  const bool outOfMemory = dynamic_cast<const std::bad_alloc *>(&error) || dynamic_cast<const c10::OutOfMemoryError *>(&error) ||
                           std::strstr(text, "DefaultCPUAllocator") || std::strstr(text, "out of memory");
  if (outOfMemory) {
    return {ErrorCode::OutOfMemory, doing + " ran out of memory.", "",
            "Use a smaller batch_size with more accumulation, a shorter max_length, or checkpointing \"full\"; `attune plan --fit` finds settings that fit.", {}};
  }
  const bool deviceFault = std::strstr(text, "CUDA error") || std::strstr(text, "HIP error");
  return {deviceFault ? ErrorCode::DeviceFailed : ErrorCode::Internal, doing + " failed: " + firstLine(text), "", "", {}};
}

} // namespace attune::core
