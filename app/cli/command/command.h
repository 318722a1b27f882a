// What a verb is: a name, its options, and run(). One file per verb makes one subclass and registers it.
// Main thread only. run() writes results to context.out, progress and messages to context.err, and returns the exit
// code or an Error, which the caller renders as CLI.md says. How to add a verb: ARCHITECTURE.md.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace attune::app {

/// The global options and streams that every verb gets, after parsing.
struct CommandContext {
  CommandContext(std::ostream &outStream, std::ostream &errStream) : out(outStream), err(errStream) {}
  std::ostream &out;
  std::ostream &err;
  bool json = false;
  bool quiet = false;
  bool progress = false;       // a progress line makes sense: err is a terminal and --quiet is not given
  int64_t threads = 0;         // 0 = all cores
  std::string device = "auto"; // auto | cpu | cuda[:n]
  std::optional<int64_t> seed; // only when given
  std::string workspace;       // --workspace, $ATTUNE_WORKSPACE, else ~/Attune
  StopToken stop;              // set by the first Ctrl-C or SIGTERM
};

/// Which of the global options a verb takes besides --help, --json and --quiet.
/// A verb that does not compute on its device takes one that is not here.
enum GlobalOption : unsigned { kTakesThreads = 1, kTakesDevice = 2, kTakesSeed = 4, kTakesWorkspace = 8 };

class Command {
public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;             // one line for `attune --help`
  virtual std::string example() const = 0;             // one or more command lines for --help
  virtual unsigned globalOptions() const { return 0; } // GlobalOption bits
  /// Adds the verb's own options and positionals; values land in members.
  virtual void addOptions(CLI::App &options) = 0;
  /// The verb's work; the exit code, or an Error.
  virtual Result<int> run(CommandContext &context) = 0;
};

/// Prints an error with its problems as CLI.md says (a JSON object on out with --json, else text on err) and returns
/// its exit code. runCommand calls it for the Error that run() returns.
int reportError(CommandContext &context, const Error &error);

/// Parses `arguments` (without program and verb) and runs the command; returns the process's exit code.
/// Never throws: `errorOf` makes the Error of what escapes a verb; the engine's knows libtorch's exceptions.
using ErrorOfException = Error (*)(const std::exception &exception);
Error errorOfException(const std::exception &exception);
int runCommand(Command &command, const std::vector<std::string> &arguments, std::ostream &out, std::ostream &err,
               bool errIsTerminal = false, StopToken stop = {}, ErrorOfException errorOf = errorOfException);

/// "0.1.0"
std::string versionText();

/// Verbs register themselves: ATTUNE_COMMAND(TokenizeCommand) at the end of the verb's file.
using CommandFactory = std::function<std::unique_ptr<Command>()>;
std::vector<CommandFactory> &commandRegistry();
/// Null when no registered verb has that name.
std::unique_ptr<Command> findCommand(const std::string &name);
struct CommandRegistration {
  explicit CommandRegistration(CommandFactory factory) { commandRegistry().push_back(std::move(factory)); }
};
#define ATTUNE_COMMAND(Type) static const ::attune::app::CommandRegistration attuneRegistration([] { return std::make_unique<Type>(); })

} // namespace attune::app
