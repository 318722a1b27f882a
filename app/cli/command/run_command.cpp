#include "app/cli/command/command.h"
#include "app/cli/command/output.h"
#include "core/api/config_fields.h"
#include "core/base/nearest_name.h"
#include "core/base/workspace.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <new>

namespace attune::app {

namespace {

constexpr int64_t kLargestSeed = (int64_t(1) << 53) - 1; // as of the setting

void addGlobalOptions(CLI::App &app, CommandContext &context, unsigned takes) {
  app.set_help_flag("-h,--help", "Show this help and exit")->group("General");
  app.add_flag("--json", context.json, "Machine-readable output on stdout")->group("General");
  app.add_flag("--quiet", context.quiet, "No progress and no messages but errors")->group("General");
  if (takes & kTakesThreads)
    app.add_option("--threads", context.threads, "Threads to compute with")
        ->check(CLI::Range(int64_t(1), int64_t(1024)))
        ->default_str("all cores")
        ->group("General");
  if (takes & kTakesDevice)
    app.add_option("--device", context.device, "auto, cpu or cuda[:n]")
        ->check(CLI::Validator([](const std::string &device) { return api::deviceProblem(device); }, "", ""))
        ->group("General");
  if (takes & kTakesSeed)
    app.add_option("--seed", context.seed, "Seed of the random numbers")->check(CLI::Range(int64_t(0), kLargestSeed))->group("General");
  if (takes & kTakesWorkspace) app.add_option("--workspace", context.workspace, "Folder of runs, models and datasets")->group("General");
}

std::vector<std::string> optionNames(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// The usage mistake in what the parser could not place, or nothing.
std::optional<Error> leftoverError(const CLI::App &app, const std::string &verb) {
  const std::vector<std::string> rest = app.remaining();
  if (rest.empty()) return std::nullopt;
  const std::string see = "See: attune " + verb + " --help";
  for (std::string word : rest) {
    if (word.size() < 2 || word[0] != '-') continue;
    word = word.substr(0, word.find('='));
    const std::string nearest = nearestName(word, optionNames(app));
    return Error{ErrorCode::Usage, "There is no option " + word + " for \"" + verb + "\".", "",
                 nearest.empty() ? see : "Did you mean " + nearest + "?"};
  }
  return Error{ErrorCode::Usage, "The argument \"" + rest.front() + "\" was not expected.", "", see};
}

/// What the parser says as a sentence, with the option it is about in `where`.
Error parserError(const std::string &text, const std::string &see) {
  Error error{ErrorCode::Usage, text, "", see};
  const size_t colon = text.find(": ");
  const std::string first = text.substr(0, text.find_first_of(": "));
  if (first.compare(0, 2, "--") == 0 && colon == first.size()) {
    error.where = first;
    error.message = text.substr(colon + 2);
    if (error.message.find(" required ") == 1) error.message = "The value is missing."; // "1 required TEXT missing"
  } else if (text.compare(first.size(), std::string::npos, " is required") == 0) {
    error.where = first;
    error.message = (first[0] == '-' ? "The option " : "The argument ") + text;
  }
  if (error.message.empty() || error.message.back() != '.') error.message += '.';
  error.message[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(error.message[0])));
  return error;
}

/// The usage mistake in the values that the parser took, or nothing.
std::optional<Error> valueError(const CLI::App &app) {
  for (const CLI::Option *option : app.get_options()) {
    const std::string name = option->get_positional() ? option->get_name() : "--" + option->get_lnames().front();
    if (name == "--text" || name == "--prompt") continue; // a text may be empty
    const std::vector<std::string> &values = option->results();
    if (std::find(values.begin(), values.end(), "") == values.end()) continue;
    return Error{ErrorCode::Usage, "The value of " + name + " is empty.", name, "Give it a value, or leave it out."};
  }
  return std::nullopt;
}

std::string helpText(const CLI::App &app, const Command &command) {
  std::string text = app.help();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text + "\n\nExample:\n  " + command.example() + "\n";
}

/// `--name=` means an empty value, which the parser would call missing.
std::vector<std::string> splitEmptyValues(const std::vector<std::string> &arguments) {
  std::vector<std::string> words;
  for (const std::string &argument : arguments) {
    if (argument.size() > 3 && argument.compare(0, 2, "--") == 0 && argument.find('=') == argument.size() - 1) {
      words.push_back(argument.substr(0, argument.size() - 1));
      words.emplace_back();
    } else {
      words.push_back(argument);
    }
  }
  return words;
}

/// "nan" and "inf" are numbers to the parser, and a NaN passes every range.
std::string checkNumber(const std::string &text) {
  char *end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return end != text.c_str() && !std::isfinite(number) ? "\"" + text + "\" is no finite number" : "";
}

void refuseNonNumbers(CLI::App &app) {
  for (CLI::Option *option : app.get_options())
    if (option->get_type_name().compare(0, 5, "FLOAT") == 0) option->check(CLI::Validator(checkNumber, "", ""));
  for (CLI::App *group : app.get_subcommands([](CLI::App *) { return true; })) refuseNonNumbers(*group);
}

/// Parses into the context and the command; an exit code when that already ends the call.
std::optional<int> parse(Command &command, const std::vector<std::string> &arguments, CommandContext &context) {
  CLI::App app(command.summary(), "attune " + command.name());
  app.option_defaults()->always_capture_default();
  app.allow_extras();
  command.addOptions(app);
  addGlobalOptions(app, context, command.globalOptions());
  refuseNonNumbers(app);
  // An option that collects several values takes one each time it is written, and leaves positionals alone.
  for (CLI::Option *option : app.get_options())
    if (!option->get_positional() && option->get_items_expected_max() > 1) option->allow_extra_args(false);
  std::vector<std::string> words = splitEmptyValues(arguments);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp &) {
    context.out << helpText(app, command);
    return 0;
  } catch (const CLI::ParseError &error) {
    if (const auto leftover = leftoverError(app, command.name())) return reportError(context, *leftover);
    return reportError(context, parserError(error.what(), "See: attune " + command.name() + " --help"));
  }
  if (const auto leftover = leftoverError(app, command.name())) return reportError(context, *leftover);
  if (const auto wrong = valueError(app)) return reportError(context, *wrong);
  return std::nullopt;
}

} // namespace

std::string versionText() { return ATTUNE_VERSION; }

Error errorOfException(const std::exception &exception) {
  if (dynamic_cast<const std::bad_alloc *>(&exception)) return {ErrorCode::OutOfMemory, "The machine ran out of memory.", "", "", {}};
  return {ErrorCode::Internal, std::string("Attune made a mistake: ") + exception.what() + ".", "", "", {}};
}

int runCommand(Command &command, const std::vector<std::string> &arguments, std::ostream &out, std::ostream &err, bool errIsTerminal,
               StopToken stop, ErrorOfException errorOf) {
  CommandContext context(out, err);
  context.workspace = defaultWorkspace();
  context.stop = std::move(stop);
  // Usage mistakes are reported before the parser has set the flag.
  context.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    if (const auto code = parse(command, arguments, context)) return *code;
    context.progress = errIsTerminal && !context.quiet;
    const Result<int> result = command.run(context);
    out.flush();
    if (!result.ok()) return reportError(context, result.error());
    if (out) return *result;
    context.json = false; // the error cannot go where the output could not
    return reportError(context,
                       Error{ErrorCode::IoFailed, "The output could not be written.", "stdout", "Is the disk full, or the reader gone?"});
  } catch (const std::exception &exception) {
    return reportError(context, errorOf(exception));
  }
}

} // namespace attune::app
