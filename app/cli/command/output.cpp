#include "app/cli/command/output.h"

#include "core/base/atomic_file.h"
#include "core/base/shorten.h"
#include "core/base/utf8.h"

#include <algorithm>
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
  while (!text.empty()) {
    const size_t length = std::max<size_t>(utf8Length(text), 1);
    const auto first = static_cast<uint8_t>(text[0]);
    const bool stray = length == 1 && first >= 0x80 && first < 0xA0; // a control where a terminal counts in bytes
    if (stray || (isControl(text) && first != '\n' && first != '\t')) {
      for (const char c : text.substr(0, length).substr(length == 2 ? 1 : 0)) // of U+0080 and on the second byte is the code
        shown.append("\\x").append(1, kDigits[static_cast<uint8_t>(c) >> 4]).append(1, kDigits[c & 15]);
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
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
