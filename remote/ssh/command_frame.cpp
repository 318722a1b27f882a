#include "remote/ssh/command_frame.h"

#include "core/base/shell_word.h"
#include "remote/fault.h"

#include <algorithm>
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

Status FramedOutput::add(ByteView bytes) {
  static constexpr size_t kNoise = size_t(64) << 10, kEnd = 64; // the closing mark is shorter
  m_rest.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
  if (!m_begun) {
    const size_t at = m_rest.find(m_begin);
    if (at == std::string::npos && m_rest.size() <= kNoise) return {};
    if (at == std::string::npos)
      return fault("CMD-TOO-LONG", "The start-up files of the cluster print more than expected.", "", "Look what ~/.bashrc prints there.");
    m_rest.erase(0, at);
    m_begun = true;
  }
  if (m_rest.size() <= m_begin.size() + kEnd) return {};
  const size_t whole = m_rest.size() - m_begin.size() - kEnd;
  ATTUNE_CHECK(m_output({reinterpret_cast<const uint8_t *>(m_rest.data()) + m_begin.size(), whole}));
  m_rest.erase(m_begin.size(), whole);
  return {};
}

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

const char *shellFor(const Command &command) {
  // What start-up files print is nobody's, and what they read is not the script: one that asks something finds the end of its input.
  if (command.login)
    return "exec /bin/sh -c 'exec /bin/bash -l -c \"exec <&7 >&8 2>&9 7<&- 8>&- 9>&-; set +e; trap - ERR; IFS= read -r attune; eval "
           "\\\"\\$attune\\\"\" "
           "7<&0 8>&1 9>&2 </dev/null >/dev/null 2>&1'";
  return command.input ? "exec /bin/bash -s" : "exec /bin/sh -s"; // other shells read ahead, into what is the script's
}

Result<std::string> frameCommand(const Command &command, const std::string &mark) {
  std::string text = "set +eC --"; // a code is told, a file may be written anew
  for (const std::string &argument : command.arguments) {
    if (argument.find('\0') != std::string::npos || argument.find('\n') != std::string::npos)
      return Error{ErrorCode::Usage, "A value for the cluster holds a line break or a zero byte.", "", "Take it out.", {}};
    text.append(" ").append(quotedWord(argument));
  }
  // In a subshell, so that an exit in the script still comes to the closing mark.
  text += "\nprintf '\\n%s begin\\n' " + mark + "\nprintf '\\n%s begin\\n' " + mark + " >&2\n(\n" + command.script + "\n)" +
          (command.input ? "" : " </dev/null") + "\nset -- $?\nprintf '\\n%s end\\n' " + mark + " >&2\nprintf '\\n%s end %d\\n' " + mark +
          " \"$1\"\nexit 0";
  // On one line: start-up files that read from it take all of it or nothing, and a script never runs without its values. What follows
  // on stdin is the script's, and never a command, however the script ends.
  std::string line = "eval \"$(printf %b '";
  for (const char c : text) {
    if (c == '\n')
      line += "\\n";
    else if (c == '\\')
      line += "\\\\";
    else if (c == '\'')
      line += "\\0047";
    else
      line += c;
  }
  return line + "')\"\n";
}

bool isWhole(const std::string &out, const std::string &err, const std::string &mark) {
  const size_t end = out.rfind("\n" + mark + " end ");
  return end != std::string::npos && out.find('\n', end + 1) != std::string::npos && err.rfind("\n" + mark + " end\n") != std::string::npos;
}

Result<CommandResult> readFrame(const std::string &out, const std::string &err, const std::string &mark, const std::string &host) {
  CommandResult result;
  result.out = afterBegin(out, mark);
  result.err = afterBegin(err, mark);
  result.err.resize(std::min(result.err.size(), result.err.rfind("\n" + mark + " end\n")));
  const std::string end = "\n" + mark + " end ";
  const size_t at = result.out.rfind(end);
  const char *digits = at == std::string::npos ? nullptr : result.out.data() + at + end.size();
  const char *last = result.out.data() + result.out.size();
  const auto parsed = std::from_chars(digits ? digits : last, last, result.code);
  if (!digits || parsed.ec != std::errc() || parsed.ptr == last || *parsed.ptr != '\n')
    return fault(
        "CMD-BROKEN", "The login shell of " + host + " ended before the command did.", host,
        "Look in the start-up files there (~/.bash_profile, ~/.bashrc) for exit, exec, or something that reads its input (read, cat).");
  result.out.resize(at);
  return result;
}

} // namespace attune::remote
