// Files by commands, for servers without SFTP. Each call is a command of its own on a channel of its own.
#pragma once

#include "remote/ssh/command_runner.h"
#include "remote/ssh/remote_files.h"

#include <memory>

namespace attune::remote {

class ShellFiles : public RemoteFiles {
public:
  static Result<std::unique_ptr<ShellFiles>> open(SshSession &session, CommandRunner &runner, const StopToken &stop = {});

  Result<RemoteFile> stat(const std::string &path, bool ofLink = false) override;
  Result<RemoteList> entries(const std::string &folder, size_t most) override;
  Result<uint64_t> freeBytes(const std::string &path) override;
  Result<uint64_t> read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                        const StopToken &stop = {}) override;
  Status write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
               const StopToken &stop = {}) override;
  double pace() const override { return 1; }

private:
  ShellFiles(SshSession &session, CommandRunner &runner) : RemoteFiles(session), m_runner(runner) {}
  /// Its stdout; what the script says on stderr becomes the error of `path`, which is its $1.
  Result<std::string> ask(const char *script, const std::string &path, const std::string &word = "");
  Error notGnu(const std::string &tool, const std::string &path) const;
  CommandRunner &m_runner;
};

} // namespace attune::remote
