// Loads the engine module (libtorch and all verbs that need tensors) from beside the executable and runs a verb in it.
// Main thread, at most once per process; the module stays loaded until the process ends.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::app {

/// The module's one exported function, `attune_engine_run`: arguments are those after the verb; the exit code.
using EngineEntry = int (*)(const char *verb, int count, const char *const *arguments);

/// The exit code of the verb; an Error when the module is missing or does not load.
Result<int> runEngineVerb(const std::string &verb, const std::vector<std::string> &arguments);

} // namespace attune::app
