// A session and its files, by SFTP or by commands. Test code, one thread.
#pragma once

#include "remote/ssh/sftp.h"
#include "remote/ssh/shell_files.h"
#include "remote/ssh/ssh_command_runner.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>

namespace attune::test {

struct SshFiles {
  explicit SshFiles(bool byCommands = false) : session(sshd.open()) {
    REQUIRE(session.ok());
    runner = std::make_unique<remote::SshCommandRunner>(**session);
    if (byCommands) {
      auto opened = remote::ShellFiles::open(**session, *runner);
      REQUIRE(opened.ok());
      files = std::move(*opened);
    } else {
      auto opened = remote::Sftp::open(**session);
      REQUIRE(opened.ok());
      files = std::move(*opened);
    }
  }
  SshFixture sshd;
  Result<std::unique_ptr<remote::SshSession>> session;
  std::unique_ptr<remote::SshCommandRunner> runner;
  std::unique_ptr<remote::RemoteFiles> files;
};

} // namespace attune::test
