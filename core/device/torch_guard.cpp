#include "core/device/torch_guard.h"

#include "core/device/compute_limits.h"

#include <algorithm>
#include <c10/util/Exception.h>
#include <cstring>
#include <initializer_list>
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

bool holdsAnyOf(const char *text, std::initializer_list<const char *> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [text](const char *phrase) { return std::strstr(text, phrase) != nullptr; });
}

/// The device or its driver failed, in words of any of their libraries; most of these spoil every later call, too.
bool isDeviceFault(const char *text) {
  return holdsAnyOf(text, {"CUDA error",
                           "HIP error",
                           "CUDA driver error",
                           "cudaError",
                           "hipError",
                           "CUBLAS_STATUS_",
                           "HIPBLAS_STATUS_",
                           "rocblas_status_",
                           "CUSOLVER_STATUS_",
                           "cuDNN error",
                           "CUDNN_STATUS_",
                           "miopenStatus",
                           "device-side assert",
                           "unspecified launch failure",
                           "illegal memory access",
                           "no CUDA-capable device",
                           "No CUDA GPUs are available",
                           "no ROCm-capable device",
                           "No HIP GPUs are available",
                           "uncorrectable ECC error"});
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
         holdsAnyOf(textOf(error), {"DefaultCPUAllocator", "out of memory", "_STATUS_ALLOC_FAILED", "rocblas_status_memory_error"});
}

Error errorFromException(const std::exception &error, const std::string &doing) {
  const char *text = textOf(error);
  if (dynamic_cast<const UnknownComputeLimit *>(&error))
    return {ErrorCode::Usage, text, "ATTUNE_TEST_COMPUTE", "It takes plain, sliced, no_bf16, fp32 and cpu_fp16, with commas between.", {}};
  if (isOutOfMemory(error)) {
    return {ErrorCode::OutOfMemory,
            doing + " ran out of memory.",
            "",
            doing == "Training" ? "Use a smaller batch_size with more accumulation, a shorter max_length, or checkpointing \"full\"; "
                                  "`attune plan --fit` finds settings that fit."
                                : "Close other programs, use --precision bf16, or take a smaller model.",
            {}};
  }
  if (isDeviceFault(text)) {
    return {ErrorCode::DeviceFailed,
            doing + " failed because the card did: " + firstLine(text),
            "",
            "Start Attune again, as this process can no longer use the card; attune doctor tries whether it still works.",
            {}};
  }
  return {ErrorCode::Internal, doing + " failed: " + firstLine(text), "", "", {}};
}

} // namespace attune::core
