// Files over SFTP (protocol 3), on a channel of its own. As remote_files.h says; fails with SFTP-OFF where there is no such subsystem.
#pragma once

#include "remote/ssh/remote_files.h"

#include <memory>

struct sftp_session_struct;

namespace attune::remote {

class Sftp : public RemoteFiles {
public:
  static Result<std::unique_ptr<Sftp>> open(SshSession &session, const StopToken &stop = {});
  ~Sftp() override;

  Result<RemoteFile> stat(const std::string &path, bool ofLink = false) override;
  Result<RemoteList> entries(const std::string &folder, size_t most) override;
  Result<uint64_t> freeBytes(const std::string &path) override;
  Result<uint64_t> read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                        const StopToken &stop = {}) override;
  Status write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
               const StopToken &stop = {}) override;
  void release() override;

private:
  explicit Sftp(SshSession &session) : RemoteFiles(session) {}
  Status connect(const StopToken &stop);
  Error failed(const std::string &path);
  Status ready(const std::string &path);
  ssh_channel_struct *m_channel = nullptr;
  sftp_session_struct *m_sftp = nullptr;
};

} // namespace attune::remote
