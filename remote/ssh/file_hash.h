// The sha256 of a local file. Any thread; reads the disk. FileNotFound, IoFailed, Interrupted.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <functional>
#include <string>

namespace attune::remote {

/// 64 hex digits. `beat` is called after each MiB.
Result<std::string> fileHash(const std::string &path, const StopToken &stop = {}, const std::function<void()> &beat = {});

} // namespace attune::remote
