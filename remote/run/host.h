// One open connection to a cluster with what works on it: commands, Slurm, files. On its worker's thread alone, but for
// session().abort(). Where the server opens one channel at a time (MaxSessions 1), files are let go while a command runs.
#pragma once

#include "remote/run/remote_path.h"
#include "remote/slurm/client.h"
#include "remote/ssh/connection.h"
#include "remote/ssh/remote_files.h"
#include "remote/ssh/ssh_command_runner.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace attune::remote {

class Host : private CommandRunner {
public:
  struct Hooks {
    std::function<bool()> meanwhile = {}; // while a command is awaited: files may be read; true when some were
    std::function<void()> breathe = {};   // between the pieces of a transfer: commands may run, too
  };
  /// `root` is the profile's.
  static Result<std::unique_ptr<Host>> open(const std::vector<SshOptions> &route, const Questions &questions, const std::string &root,
                                            Hooks hooks, const StopToken &stop);

  SshSession &session() { return m_connection->session(); }
  CommandRunner &runner() { return *this; }
  slurm::Client &client() { return *m_client; }
  /// What Slurm can do, as it was when it was asked.
  const Result<slurm::Capabilities> &slurm() const { return m_slurm; }
  Status probeSlurm();
  /// What is known from an earlier connection.
  void setSlurm(Result<slurm::Capabilities> known) { m_slurm = std::move(known); }

  /// By SFTP, or by commands where the server has that switched off. Also in the middle of a transfer, which has a channel of its own.
  Result<RemoteFiles *> files();
  /// Between the pieces of a transfer.
  void breathe();
  /// Of a path on the cluster; ~ and relative ones begin in the home folder.
  Result<std::string> absolute(const std::string &path);
  /// A program there: by its path, or by a name that is looked for on the PATH.
  Result<std::string> program(const std::string &name) { return isOnPath(name) ? name : absolute(name); }
  /// Why a command of ours did not do `what` with `path`: DISK-FULL or FILE-FAILED, with its own words.
  Error cannot(const std::string &what, const CommandResult &result, const std::string &path);
  /// The folder of the jobs' folders, absolute.
  const std::string &jobs() const { return m_jobs; }

private:
  Host(std::unique_ptr<SshConnection> connection, Hooks hooks, StopToken stop);
  Result<CommandResult> run(const Command &command, const StopToken &stop) override;

  std::unique_ptr<SshConnection> m_connection;
  Hooks m_hooks;
  StopToken m_stop;
  SshCommandRunner m_runner;
  std::unique_ptr<RemoteFiles> m_files; // on the connection, which therefore stands first
  std::unique_ptr<slurm::Client> m_client;
  Result<slurm::Capabilities> m_slurm;
  std::string m_jobs;
  bool m_lean = false;       // one channel at a time
  bool m_byCommands = false; // no SFTP
  int m_commands = 0;        // that run now
  bool m_breathing = false;  // inside a transfer
};

} // namespace attune::remote
