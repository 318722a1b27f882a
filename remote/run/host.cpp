#include "remote/run/host.h"

#include "core/base/shorten.h"
#include "remote/slurm/parse.h"
#include "remote/ssh/file_fault.h"
#include "remote/ssh/sftp.h"
#include "remote/ssh/shell_files.h"

namespace attune::remote {

Host::Host(std::unique_ptr<SshConnection> connection, Hooks hooks, StopToken stop)
    : m_connection(std::move(connection)), m_hooks(std::move(hooks)), m_stop(std::move(stop)),
      m_runner(m_connection->session(), [this] { return !m_lean && !m_byCommands && m_hooks.meanwhile && m_hooks.meanwhile(); }),
      m_slurm(fault("SLURM-DOWN", "Slurm was not asked yet.", m_connection->session().options().host, "Connect again.")) {}

Result<std::unique_ptr<Host>> Host::open(const std::vector<SshOptions> &route, const Questions &questions, const std::string &root,
                                         Hooks hooks, const StopToken &stop) {
  ATTUNE_TRY(auto connection, SshConnection::open(route, questions, stop));
  std::unique_ptr<Host> host(new Host(std::move(connection), std::move(hooks), stop));
  ATTUNE_TRY(host->m_jobs, host->absolute(root + "/jobs"));
  host->m_client = std::make_unique<slurm::Client>(host->runner(), route.back().host, host->m_jobs);
  return host;
}

Status Host::probeSlurm() {
  m_slurm = m_client->probe(m_stop);
  return m_slurm.ok() ? Status() : Status(m_slurm.error());
}

Result<RemoteFiles *> Host::files() {
  if (m_lean && m_commands > 0) return Error{ErrorCode::IoFailed, "The host opens one channel at a time.", session().name(), ""};
  if (!m_files && !m_byCommands) {
    auto sftp = Sftp::open(session(), m_stop);
    m_byCommands = !sftp.ok() && sftp.error().fault == "SFTP-OFF";
    if (!m_byCommands) {
      ATTUNE_TRY(m_files, std::move(sftp));
    }
  }
  if (!m_files) {
    ATTUNE_TRY(m_files, ShellFiles::open(session(), *this, m_stop));
  }
  return m_files.get();
}

Result<std::string> Host::absolute(const std::string &path) {
  if (!path.empty() && path[0] == '/') return path;
  ATTUNE_TRY(const RemoteFiles *files, this->files());
  return belowHome(files->home(), path);
}

Error Host::cannot(const std::string &what, const CommandResult &result, const std::string &path) {
  const bool full = saysDiskFull(result.err);
  return fault(full ? "DISK-FULL" : "FILE-FAILED", what + ": " + slurm::printable(shortLine(result.err, 300)),
               session().options().host + ":" + path, full ? "Make room there, then try again." : "Check the folder and its permissions.");
}

void Host::breathe() {
  if (m_lean || !m_hooks.breathe) return;
  m_breathing = true;
  m_hooks.breathe();
  m_breathing = false;
}

Result<CommandResult> Host::run(const Command &command, const StopToken &stop) {
  ++m_commands;
  if (m_lean && m_files) m_files->release();
  auto result = m_runner.run(command, stop);
  const bool again = m_commands == 1 && !m_breathing;
  if (!result.ok() && result.error().fault == "CHANNEL-REFUSED" && !m_lean && (again || m_byCommands)) {
    m_lean = true;
    session().setPatient();
    if (m_files) m_files->release();
    if (again) result = m_runner.run(command, stop);
  }
  --m_commands;
  return result;
}

} // namespace attune::remote
