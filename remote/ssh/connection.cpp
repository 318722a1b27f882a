#include "remote/ssh/connection.h"

namespace attune::remote {

Result<std::unique_ptr<SshConnection>> SshConnection::open(const std::vector<SshOptions> &route, const Questions &questions,
                                                           const StopToken &stop) {
  if (route.empty()) return Error{ErrorCode::Usage, "There is no host to connect to.", "", "Name one.", {}};
  std::unique_ptr<SshConnection> connection(new SshConnection);
  for (SshOptions hop : route) {
    if (connection->m_session) {
      ATTUNE_TRY(auto tunnel, Tunnel::open(std::move(connection->m_session), hop.host, hop.port, stop));
      hop.socket = tunnel->takeSocket();
      connection->m_tunnels.push_back(std::move(tunnel));
    }
    ATTUNE_TRY(connection->m_session, SshSession::open(hop, questions, stop));
  }
  return connection;
}

SshConnection::~SshConnection() {
  m_session.reset();
  while (!m_tunnels.empty()) m_tunnels.pop_back(); // from the inside out
}

} // namespace attune::remote
