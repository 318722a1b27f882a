#include "remote/ssh/tcp.h"

#include "core/base/clock.h"
#include "remote/fault.h"

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace attune::remote {
namespace {

/// 0 when connected, an errno otherwise; ECANCELED after a stop.
int finishConnecting(int fd, double until, const Clock &clock, const StopToken &stop) {
  for (;;) {
    if (stop.stopRequested()) return ECANCELED;
    if (clock.steady() >= until) return ETIMEDOUT;
    pollfd wait{fd, POLLOUT, 0};
    if (::poll(&wait, 1, 50) <= 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }
}

} // namespace

Error interrupted() { return Error{ErrorCode::Interrupted, "Stopped.", "", "", {}}; }

Result<int> connectTcp(const std::string &host, int port, double seconds, const StopToken &stop) {
  const std::string where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo *list = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list); code != 0)
    return fault("NET-DNS", "The name " + host + " cannot be resolved: " + ::gai_strerror(code) + ".", where,
                 "Check the name. Is the VPN on?");
  const Clock clock = Clock::system();
  const double until = clock.steady() + seconds;
  int reason = ECONNREFUSED, fd = -1;
  for (const addrinfo *address = list; address; address = address->ai_next) {
    fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) continue;
    reason = ::connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (reason == EINPROGRESS) reason = finishConnecting(fd, until, clock, stop);
    if (reason == 0) break;
    ::close(fd);
    fd = -1;
    if (reason == ECANCELED) break;
  }
  ::freeaddrinfo(list);
  if (fd >= 0) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  if (reason == ECANCELED) return interrupted();
  if (reason == ETIMEDOUT) return fault("NET-TIMEOUT", "Cannot reach " + where + " (no answer).", where, "Is the VPN on? Try again.");
  return fault("NET-REFUSED", "Cannot reach " + where + " (" + std::strerror(reason) + ").", where, "Is the VPN on? Try again.");
}

} // namespace attune::remote
