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
  request.source = command.input;
  FramedOutput framed(mark, command.output);
  if (command.output) request.sink = [&](ByteView bytes) { return framed.add(bytes); };
  request.whole = [&](const ExecResult &soFar) { return isWhole(command.output ? framed.rest() : soFar.out, soFar.err, mark); };
  ATTUNE_TRY(const ExecResult result, execute(m_session, request, stop));
  if (!command.output) return readFrame(result.out, result.err, mark, m_session.options().host);
  ATTUNE_TRY(CommandResult framing, readFrame(framed.rest(), result.err, mark, m_session.options().host));
  ATTUNE_CHECK(command.output({reinterpret_cast<const uint8_t *>(framing.out.data()), framing.out.size()}));
  framing.out.clear();
  return framing;
}

} // namespace attune::remote
