// What is sent to a remote shell for one Command and how its answer is read: random marks stand around the script's output,
// so that neither start-up files nor the output itself can forge an answer. Pure functions, any thread.
#pragma once

#include "remote/ssh/command_runner.h"

#include <string>

namespace attune::remote {

/// 32 hex digits from the system's random numbers.
std::string randomMark();

/// What the login shell is asked to run, whichever shell it is.
const char *shellFor(const Command &command);

/// The text for the shell's stdin. Usage when an argument holds NUL or a newline.
Result<std::string> frameCommand(const Command &command, const std::string &mark);

/// Takes the script's part out of a framed stdout as that comes, and hands it on but for its last bytes.
class FramedOutput {
public:
  FramedOutput(const std::string &mark, std::function<Status(ByteView)> output)
      : m_begin("\n" + mark + " begin\n"), m_output(std::move(output)) {}
  /// CMD-TOO-LONG when more than 64 KiB come before the script's own; else what the output says.
  Status add(ByteView bytes);
  /// The frame without what was handed on, for readFrame().
  const std::string &rest() const { return m_rest; }

private:
  const std::string m_begin;
  const std::function<Status(ByteView)> m_output;
  std::string m_rest;
  bool m_begun = false;
};

/// Whether both outputs hold their closing marks: what a start-up file left behind may keep them open for ever.
bool isWhole(const std::string &out, const std::string &err, const std::string &mark);

/// The script's own part of both outputs; CMD-BROKEN when the closing mark is missing.
Result<CommandResult> readFrame(const std::string &out, const std::string &err, const std::string &mark, const std::string &host);

} // namespace attune::remote
