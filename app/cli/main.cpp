// attune: finds the verb, runs it here or in the engine module, and exits with its code.
#include "app/cli/command/command.h"
#include "app/cli/command/engine_loader.h"
#include "app/cli/command/signals.h"
#include "app/cli/command/verb_list.h"

#include <iomanip>
#include <iostream>
#include <unistd.h>

using namespace attune;
using namespace attune::app;

namespace {

void printHelp(std::ostream &stream) {
  stream << "Attune fine-tunes language models.\n\nUsage: attune VERB [OPTIONS]\n\nVerbs:\n";
  for (const VerbEntry &verb : kVerbs)
    stream << "  " << std::left << std::setw(10) << verb.name << verb.summary << '\n';
  stream
      << "\nEvery verb takes --help, --json and --quiet. Exit codes: 0 done, 1 failed while running, 2 wrong usage or\n"
         "configuration, 3 input refused, 4 does not fit in memory, 130 interrupted.\n\n"
         "Example:\n  attune train resources/presets/tryout.json --out run\n";
}

int fail(const std::vector<std::string> &arguments, const Error &error) {
  CommandContext context(std::cout, std::cerr);
  for (const std::string &argument : arguments) context.json = context.json || argument == "--json";
  return reportError(context, error);
}

} // namespace

int main(int argc, char **argv) {
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (arguments.empty()) {
    printHelp(std::cerr);
    return 2;
  }
  const std::string name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    printHelp(std::cout);
    return 0;
  }
  if (name == "--version") {
    std::cout << "attune " << versionText() << '\n';
    return 0;
  }
  arguments.erase(arguments.begin());
  std::vector<std::string> names;
  for (const VerbEntry &verb : kVerbs) {
    names.emplace_back(verb.name);
    if (name != verb.name) continue;
    if (!verb.engine) {
      if (const std::unique_ptr<Command> command = findCommand(name))
        return runCommand(*command, arguments, std::cout, std::cerr, isatty(STDERR_FILENO) != 0,
                          installSignalHandlers());
      continue;
    }
    const Result<int> code = runEngineVerb(name, arguments);
    // The engine's threads and caches need no orderly end; unloading libtorch costs 50 ms and may trip over its
    // statics.
    std::cout.flush();
    std::cerr.flush();
    if (code.ok()) _exit(*code);
    return fail(arguments, code.error());
  }
  const std::string nearest = nearestName(name, names);
  return fail(arguments, Error{ErrorCode::Usage, "There is no verb \"" + name + "\".", "",
                               nearest.empty() ? "See: attune --help" : "Did you mean " + nearest + "?"});
}
