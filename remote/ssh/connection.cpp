#include "remote/ssh/connection.h"

namespace attune::remote {
namespace {

/// With what was known beforehand to speak against it.
Error advised(Error error, const SshOptions &hop) {
  const bool way = error.fault.rfind("NET-", 0) == 0, login = error.fault.rfind("AUTH-", 0) == 0;
  const std::string &advice = way ? hop.wayAdvice : hop.keyAdvice;
  if ((way || login) && !advice.empty()) error.hint = advice + (error.hint.empty() ? "" : " ") + error.hint;
  return error;
}

} // namespace

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
    auto session = SshSession::open(hop, questions, stop);
    if (!session.ok()) return advised(session.error(), hop);
    connection->m_session = std::move(*session);
  }
  return connection;
}

SshConnection::~SshConnection() {
  m_session.reset();
  while (!m_tunnels.empty()) m_tunnels.pop_back(); // from the inside out
}

} // namespace attune::remote
