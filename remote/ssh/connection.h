// A session to a host, straight or through jump hosts, each of which is judged and logged in to as the host itself. On one thread;
// the jump hosts' sessions have threads of their own. Fails as session.h and tunnel.h say; the error names the host it is about.
#pragma once

#include "remote/ssh/tunnel.h"

#include <memory>
#include <vector>

namespace attune::remote {

class SshConnection {
public:
  /// `route` holds the jump hosts in their order and the host itself at its end.
  static Result<std::unique_ptr<SshConnection>> open(const std::vector<SshOptions> &route, const Questions &questions,
                                                     const StopToken &stop = {});
  ~SshConnection();

  SshSession &session() { return *m_session; }

private:
  SshConnection() = default;
  std::vector<std::unique_ptr<Tunnel>> m_tunnels;
  std::unique_ptr<SshSession> m_session; // inside the last tunnel
};

} // namespace attune::remote
