// attune: finds the verb, runs it here or in the engine module, and exits with its code.
#include "app/cli/command/command.h"
#include "app/cli/command/signals.h"
#include "app/cli/command/verb_list.h"
#include "app/module/engine_module.h"
#include "core/base/nearest_name.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <unistd.h>

using namespace attune;
using namespace attune::app;

namespace {

void printHelp(std::ostream &stream) {
  stream << "Attune fine-tunes language models.\n\nUsage: attune VERB [OPTIONS]\n\nVerbs:\n";
  for (const VerbEntry &verb : kVerbs) stream << "  " << std::left << std::setw(12) << verb.name << verb.summary << '\n';
  stream << "\nEvery verb takes --help, --json and --quiet. Exit codes: 0 done, 1 failed while running, 2 wrong usage or\n"
            "configuration, 3 input refused, 4 does not fit in memory, 130 interrupted.\n\n"
            "Example:\n  attune train resources/presets/tryout.json --out run\n";
}

bool wantsJson(const std::vector<std::string> &arguments) {
  return std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
}

int fail(const std::vector<std::string> &arguments, const Error &error) {
  CommandContext context(std::cout, std::cerr);
  context.json = wantsJson(arguments);
  return reportError(context, error);
}

/// A closed stdin, stdout or stderr would give its number to the next file that is opened, a run's event log perhaps, and
/// what is printed would land in that file.
void fillStandardDescriptors() {
  for (int number = 0; number <= 2; ++number) {
    if (fcntl(number, F_GETFD) == -1 && errno == EBADF) static_cast<void>(open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY));
  }
}

/// Exported by the engine module: runs a verb with the arguments after it; the exit code.
using EngineEntry = int (*)(const char *verb, int count, const char *const *arguments);

int runVerb(const VerbEntry &verb, const std::vector<std::string> &arguments) {
  if (!verb.engine) {
    return runCommand(*findCommand(verb.name), arguments, std::cout, std::cerr, isatty(STDERR_FILENO) != 0, installSignalHandlers());
  }
  holdSignals(true); // until the engine, which takes a moment to load, has its handlers
  const Result<void *> entry = engineFunction("attune_engine_run");
  if (!entry.ok()) return fail(arguments, entry.error());
  std::vector<const char *> words;
  for (const std::string &argument : arguments) words.push_back(argument.c_str());
  const int code = reinterpret_cast<EngineEntry>(*entry)(verb.name, static_cast<int>(words.size()), words.data());
  // The engine's threads and caches need no orderly end; unloading libtorch costs 50 ms and may trip over its
  // statics.
  std::cout.flush();
  std::cerr.flush();
  _exit(code);
}

} // namespace

int main(int argc, char **argv) {
  fillStandardDescriptors();
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  // The verb is the first word that is no option: "attune --json train run.json" means what it says.
  const auto isOption = [](const std::string &word) { return word.size() > 1 && word[0] == '-'; };
  const auto findVerb = [&] { return std::find_if_not(arguments.begin(), arguments.end(), isOption); };
  const auto stands = [&](const char *word) { return std::find(arguments.begin(), findVerb(), word) != findVerb(); };
  bool asksHelp = stands("--help") || stands("-h");
  if (findVerb() != arguments.end() && *findVerb() == "help") {
    arguments.erase(findVerb());
    asksHelp = findVerb() == arguments.end();
    arguments.emplace_back("--help"); // of the verb that follows
  }
  if (asksHelp) {
    printHelp(std::cout);
    return std::cout.flush() ? 0 : 1;
  }
  if (stands("--version")) {
    std::cout << "attune " << versionText() << std::endl;
    return std::cout ? 0 : 1;
  }
  const auto verbWord = findVerb();
  if (verbWord == arguments.end()) {
    if (wantsJson(arguments)) return fail(arguments, Error{ErrorCode::Usage, "Say which verb to run.", "", "See: attune --help"});
    printHelp(std::cerr);
    return 2;
  }
  const std::string name = *verbWord;
  arguments.erase(verbWord);
  std::vector<std::string> names;
  for (const VerbEntry &verb : kVerbs) {
    names.emplace_back(verb.name);
    if (name == verb.name) return runVerb(verb, arguments);
  }
  if (std::find(std::begin(kRemoteVerbs), std::end(kRemoteVerbs), name) != std::end(kRemoteVerbs))
    return fail(arguments, Error{ErrorCode::Usage, "This build has no supercomputer client, so there is no verb \"" + name + "\".", "",
                                 "Build with -DATTUNE_REMOTE=ON, which needs libssh."});
  const std::string nearest = nearestName(name, names);
  return fail(arguments, Error{ErrorCode::Usage, "There is no verb \"" + name + "\".", "",
                               nearest.empty() ? "See: attune --help" : "Did you mean " + nearest + "?"});
}
