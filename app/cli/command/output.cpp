#include "app/cli/command/output.h"

#include "core/base/atomic_file.h"
#include "core/base/shorten.h"

#include <unistd.h>

namespace attune::app {

namespace {

constexpr size_t kLongestMessage = 600;

} // namespace

Json errorJson(const Error &error) {
  Json json = {{"code", errorCodeName(error.code)},
               {"message", shortened(error.message, kLongestMessage)},
               {"where", error.where},
               {"hint", error.hint}};
  if (!error.fault.empty()) json["fault"] = error.fault;
  return json;
}

void printJson(CommandContext &context, const Json &value) { context.out << dumpJson(value, -1) << std::endl; }

std::string printable(std::string_view text) {
  static const char kDigits[] = "0123456789abcdef";
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const bool steers = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    // U+0080 to U+009F are controls too, in two bytes.
    const bool wide =
        byte == 0xC2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) >= 0x80 && static_cast<uint8_t>(text[i + 1]) < 0xA0;
    const uint8_t code = wide ? static_cast<uint8_t>(text[++i]) : byte;
    if (steers || wide)
      shown.append("\\x").append(1, kDigits[code >> 4]).append(1, kDigits[code & 15]);
    else
      shown += text[i];
  }
  return shown;
}

void printWritten(std::ostream &out, std::string_view text) {
  static const bool terminal = isatty(STDOUT_FILENO) != 0;
  if (terminal)
    out << printable(text) << std::flush;
  else
    out << text << std::flush;
}

Status checkBesideJson(const std::string &path, const std::string &option) {
  if (!isStandardOutput(path)) return {};
  return Error{ErrorCode::Usage, "With --json, stdout holds the report and nothing else.", option, "Write to a file."};
}

int reportError(CommandContext &context, const Error &error) {
  if (context.json) {
    Json object;
    object["error"] = errorJson(error);
    if (!error.problems.empty()) {
      Json list = Json::array();
      for (const ConfigProblem &problem : error.problems) list.push_back({{"key", problem.key}, {"message", problem.message}});
      object["problems"] = list;
    }
    printJson(context, object);
  } else {
    Error shown = error;
    shown.message = shortened(error.message, kLongestMessage);
    context.err << "attune: " << printable(shown.text()) << '\n';
    const bool told = error.problems.size() == 1; // by the message
    for (const ConfigProblem &problem : told ? std::vector<ConfigProblem>{} : error.problems)
      context.err << "  " << printable(problem.key) << (problem.key.empty() ? "" : ": ") << printable(problem.message) << '\n';
    if (!error.hint.empty()) context.err << "  " << printable(error.hint) << '\n';
    context.err.flush();
  }
  return exitCodeOf(error.code);
}

} // namespace attune::app
