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

/// What libtorch says, without its backtrace.
const char *textOf(const std::exception &error) {
  const auto *torchError = dynamic_cast<const c10::Error *>(&error);
  return torchError ? torchError->what_without_backtrace() : error.what();
}

} // namespace

bool isOutOfMemory(const std::exception &error) {
  if (dynamic_cast<const std::bad_alloc *>(&error) || dynamic_cast<const c10::OutOfMemoryError *>(&error)) return true;
  // oneDNN says no more than this when it finds no memory for its code or its scratch.
  const char *const oneDnn = "could not create a primitive";
  const char *const found = std::strstr(error.what(), oneDnn);
  if (found && std::strncmp(found + std::strlen(oneDnn), " descriptor", 11) != 0) return true;
  // libtorch's CPU allocator and some device ones throw a plain c10::Error.
  return dynamic_cast<const c10::Error *>(&error) &&
         (std::strstr(textOf(error), "DefaultCPUAllocator") || std::strstr(textOf(error), "out of memory"));
}

Error errorFromException(const std::exception &error, const std::string &doing) {
  const char *text = textOf(error);
  if (isOutOfMemory(error)) {
    return {ErrorCode::OutOfMemory,
            doing + " ran out of memory.",
            "",
            doing == "Training" ? "Use a smaller batch_size with more accumulation, a shorter max_length, or checkpointing \"full\"; "
                                  "`attune plan --fit` finds settings that fit."
                                : "Close other programs, use --precision bf16, or take a smaller model.",
            {}};
  }
  const bool deviceFault = std::strstr(text, "CUDA error") || std::strstr(text, "HIP error");
  return {deviceFault ? ErrorCode::DeviceFailed : ErrorCode::Internal, doing + " failed: " + firstLine(text), "", "", {}};
}

} // namespace attune::core
