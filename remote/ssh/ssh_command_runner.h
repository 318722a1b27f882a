// CommandRunner over one SSH session, on the session's thread. Fails as CommandRunner and exec.h say.
#pragma once

#include "remote/ssh/command_runner.h"
#include "remote/ssh/session.h"

namespace attune::remote {

class SshCommandRunner : public CommandRunner {
public:
  explicit SshCommandRunner(SshSession &session) : m_session(session) {}
  Result<CommandResult> run(const Command &command, const StopToken &stop = {}) override;

private:
  SshSession &m_session;
};

} // namespace attune::remote
