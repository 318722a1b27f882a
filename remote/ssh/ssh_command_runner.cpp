#include "remote/ssh/ssh_command_runner.h"

#include "remote/ssh/command_frame.h"
#include "remote/ssh/exec.h"

namespace attune::remote {

Result<CommandResult> SshCommandRunner::run(const Command &command, const StopToken &stop) {
  const std::string mark = randomMark();
  ATTUNE_TRY(const std::string text, frameCommand(command, mark));
  ExecRequest request;
  request.command = shellFor(command);
  request.input = text;
  request.seconds = command.seconds;
  request.meanwhile = m_meanwhile;
  request.maxOut = command.maxOutput + (size_t(64) << 10); // and what start-up files print
  ATTUNE_TRY(const ExecResult result, execute(m_session, request, stop));
  return readFrame(result.out, result.err, mark, m_session.options().host);
}

} // namespace attune::remote
