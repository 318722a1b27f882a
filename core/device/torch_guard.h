// The border to libtorch's exceptions: runs a callable and turns whatever it throws into an Error.
// Any thread. Messages are the first line of libtorch's, without its backtrace.
#pragma once

#include "core/base/result.h"

#include <exception>
#include <type_traits>
#include <utility>

namespace attune::core {

/// Whether an exception out of libtorch or the standard library says that memory ran out.
bool isOutOfMemory(const std::exception &error);

/// The Error for an exception that escaped libtorch, the standard library or our own code: OutOfMemory with advice,
/// DeviceFailed for a fault of the device, Internal otherwise. `doing` completes "... failed", as in "Training".
Error errorFromException(const std::exception &error, const std::string &doing);

/// guarded("Training", [&] { ... }) gives the callable's value, or Status for void; a Result is passed through.
template <typename Call> auto guarded(const std::string &doing, Call &&call) {
  using Value = std::invoke_result_t<Call>;
  if constexpr (std::is_void_v<Value>) {
    try {
      std::forward<Call>(call)();
      return Status();
    } catch (const std::exception &error) {
      return Status(errorFromException(error, doing));
    }
  } else if constexpr (std::is_constructible_v<Value, Error>) {
    try {
      return std::forward<Call>(call)();
    } catch (const std::exception &error) {
      return Value(errorFromException(error, doing));
    }
  } else {
    try {
      return Result<Value>(std::forward<Call>(call)());
    } catch (const std::exception &error) {
      return Result<Value>(errorFromException(error, doing));
    }
  }
}

} // namespace attune::core
