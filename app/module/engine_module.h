// Finds and loads the engine module (libtorch and everything that needs tensors) from beside the executable.
// Any thread, takes some tenths of a second the first time; the module stays loaded until the process ends.
#pragma once

#include "core/base/result.h"

namespace attune::app {

/// A function that the module exports; an Error when the module is missing, does not load, or is of another version.
Result<void *> engineFunction(const char *name);

} // namespace attune::app
