#include "remote/ssh/command_frame.h"

#include "core/base/shell_word.h"
#include "remote/fault.h"

#include <charconv>
#include <sys/random.h>

namespace attune::remote {
namespace {

/// The text after the line "MARK begin".
std::string afterBegin(const std::string &text, const std::string &mark) {
  const std::string begin = "\n" + mark + " begin\n";
  const size_t at = text.find(begin);
  return at == std::string::npos ? "" : text.substr(at + begin.size());
}

} // namespace

std::string randomMark() {
  unsigned char bytes[16];
  while (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
  }
  std::string mark;
  for (const unsigned char byte : bytes) {
    mark += "0123456789abcdef"[byte >> 4];
    mark += "0123456789abcdef"[byte & 15];
  }
  return mark;
}

const char *shellFor(const Command &command) { return command.login ? "exec /bin/bash -l -s" : "exec /bin/sh -s"; }

Result<std::string> frameCommand(const Command &command, const std::string &mark) {
  std::string text = "set --";
  for (const std::string &argument : command.arguments) {
    if (argument.find('\0') != std::string::npos || argument.find('\n') != std::string::npos)
      return Error{ErrorCode::Usage, "A value for the cluster holds a line break or a zero byte.", "", "Take it out.", {}};
    text.append(" ").append(quotedWord(argument));
  }
  // In a subshell, so that an exit in the script still comes to the closing mark; its stdin is not the rest of this text.
  return text + "\nprintf '\\n%s begin\\n' " + mark + "\nprintf '\\n%s begin\\n' " + mark + " >&2\n(\n" + command.script +
         "\n) </dev/null\nprintf '\\n%s end %d\\n' " + mark + " $?\nexit 0\n";
}

Result<CommandResult> readFrame(const std::string &out, const std::string &err, const std::string &mark, const std::string &host) {
  CommandResult result;
  result.out = afterBegin(out, mark);
  result.err = afterBegin(err, mark);
  const std::string end = "\n" + mark + " end ";
  const size_t at = result.out.rfind(end);
  const char *digits = at == std::string::npos ? nullptr : result.out.data() + at + end.size();
  const char *last = result.out.data() + result.out.size();
  const auto parsed = std::from_chars(digits ? digits : last, last, result.code);
  if (!digits || parsed.ec != std::errc() || parsed.ptr == last || *parsed.ptr != '\n')
    return fault("CMD-BROKEN", "The login shell of " + host + " ended before the command did.", host,
                 "Look for exit or exec in the start-up files there (~/.bash_profile, ~/.bashrc).");
  result.out.resize(at);
  return result;
}

} // namespace attune::remote
