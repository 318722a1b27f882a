// CommandRunner over one SSH session, on the session's thread. Fails as CommandRunner and exec.h say.
#pragma once

#include "remote/ssh/command_runner.h"
#include "remote/ssh/session.h"

namespace attune::remote {

class SshCommandRunner : public CommandRunner {
public:
  /// `meanwhile` as in ExecRequest.
  explicit SshCommandRunner(SshSession &session, std::function<bool()> meanwhile = {})
      : m_session(session), m_meanwhile(std::move(meanwhile)) {}
  Result<CommandResult> run(const Command &command, const StopToken &stop = {}) override;

private:
  SshSession &m_session;
  std::function<bool()> m_meanwhile;
};

} // namespace attune::remote
