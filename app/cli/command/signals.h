// Ctrl-C, SIGTERM, a lost terminal and SIGUSR1 as flags that a verb reads. Installed once per process by whoever runs the verb.
// The first Ctrl-C or SIGTERM asks to stop; the second ends the process at once with 130. SIGUSR1 asks for a
// checkpoint.
#pragma once

#include "core/base/stop_token.h"

namespace attune::app {

/// Lets SIGINT, SIGTERM, SIGHUP and SIGUSR1 wait (for the handlers that are not there yet) or arrive.
void holdSignals(bool hold);

/// Installs the handlers, lets held signals arrive and returns the token that the first Ctrl-C or SIGTERM sets. SIGPIPE is ignored from
/// then on.
StopToken installSignalHandlers();

/// True once after each SIGUSR1.
bool takeCheckpointRequest();

} // namespace attune::app
