// What of the user's ~/.ssh/config applies to a host (ssh_config(5)): HostName, User, Port, IdentityFile, ProxyJump, and where a
// ProxyCommand stands; everything else is passed over and nothing is ever executed. `Match` blocks other than `Match all` do not apply.
// Include goes eight files deep, 64 files and 1 MiB each. Any thread. A missing file is an empty one; MalformedFile names file and line.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::remote {

struct SshTarget {
  std::string host;
  std::string user;
  int port = 0; // 0: not said
};

struct HostSettings {
  std::string hostName; // the alias itself where the file names none
  std::string user;
  int port = 22;
  std::vector<std::string> identityFiles;
  std::vector<SshTarget> jumps; // in the order they are passed through
  std::string proxyCommandAt;   // "file:line" of the ProxyCommand that applies, which is never executed; empty = none
};

/// `home` stands for ~ and %d; relative Includes are looked up in home/.ssh.
Result<HostSettings> readSshConfig(const std::string &path, const std::string &alias, const std::string &home);

/// "[user@]host[:port]", an IPv6 address in brackets where a port follows. Usage otherwise.
Result<SshTarget> parseTarget(const std::string &text);

} // namespace attune::remote
