// Ctrl-C, SIGTERM and SIGUSR1 as flags that a verb reads. Installed once per process by whoever runs the verb.
// The first Ctrl-C or SIGTERM asks to stop; the second ends the process at once with 130. SIGUSR1 asks for a
// checkpoint.
#pragma once

#include "core/base/stop_token.h"

namespace attune::app {

/// Installs the handlers and returns the token that the first Ctrl-C or SIGTERM sets. SIGPIPE is ignored from then on.
StopToken installSignalHandlers();

/// True once after each SIGUSR1.
bool takeCheckpointRequest();

} // namespace attune::app
