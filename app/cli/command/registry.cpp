#include "app/cli/command/command.h"

namespace attune::app {

std::vector<CommandFactory> &commandRegistry() {
  static std::vector<CommandFactory> registry;
  return registry;
}

std::unique_ptr<Command> findCommand(const std::string &name) {
  for (const CommandFactory &factory : commandRegistry()) {
    std::unique_ptr<Command> command = factory();
    if (command->name() == name) return command;
  }
  return nullptr;
}

} // namespace attune::app
