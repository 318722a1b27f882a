// The one function that the executable calls in this module: finds the verb and runs it on the process's streams.
#include "app/cli/command/command.h"
#include "app/cli/command/signals.h"
#include "core/backend/local_engine.h"
#include "core/device/tensor_memory.h"
#include "core/device/torch_guard.h"

#include <iostream>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int attune_engine_run(const char *verb, int count, const char *const *arguments) {
  using namespace attune::app;
  const std::unique_ptr<Command> command = findCommand(verb);
  if (!command) {
    std::cerr << "attune: The engine has no verb \"" << verb << "\".\n";
    return 1;
  }
  attune::core::keepTensorMemory();
  return runCommand(*command, {arguments, arguments + count}, std::cout, std::cerr, isatty(STDERR_FILENO) != 0, installSignalHandlers(),
                    [](const std::exception &exception) { return attune::core::errorFromException(exception, "The command"); });
}

/// The same engine for the studio, as an object that lives as long as the process; null when it cannot be made.
extern "C" __attribute__((visibility("default"))) attune::api::Engine *attune_engine_open(int64_t threads) {
  return new attune::core::LocalEngine(threads);
}
