#include "remote/ssh/tunnel.h"

#include "remote/fault.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <libssh/libssh.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace attune::remote {
namespace {

constexpr size_t kChunk = 32768;

} // namespace

Result<std::unique_ptr<Tunnel>> Tunnel::open(std::unique_ptr<SshSession> jump, const std::string &host, int port, const StopToken &stop) {
  ATTUNE_TRY(ssh_channel channel, jump->openForward(host, port, jump->options().probeSeconds, stop));
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    const std::string reason = std::strerror(errno);
    jump->closeChannel(channel);
    return Error{ErrorCode::IoFailed, "No socket can be made: " + reason + ".", jump->name(), "Close other programs.", {}};
  }
  return std::unique_ptr<Tunnel>(new Tunnel(std::move(jump), channel, pair[0], pair[1]));
}

Tunnel::Tunnel(std::unique_ptr<SshSession> jump, ssh_channel_struct *channel, int inner, int outer)
    : m_jump(std::move(jump)), m_channel(channel), m_inner(inner), m_outer(outer), m_thread([this] { pump(); }) {}

Tunnel::~Tunnel() {
  m_stop = true;
  ::shutdown(m_inner, SHUT_RDWR); // wakes the thread
  m_thread.join();
  ::close(m_inner);
  if (m_outer >= 0) ::close(m_outer);
}

int Tunnel::takeSocket() { return std::exchange(m_outer, -1); }

void Tunnel::pump() {
  while (!m_stop && !m_ended) {
    const bool down = toSocket(), up = toChannel();
    if (!down && !up && !m_ended) waitForEither();
  }
  ::shutdown(m_inner, SHUT_RDWR);
  m_jump->closeChannel(m_channel);
  m_jump.reset();
}

bool Tunnel::toSocket() {
  if (m_down.empty()) {
    char buffer[kChunk];
    const int n = ssh_channel_read_nonblocking(m_channel, buffer, sizeof buffer, 0);
    if (n > 0)
      m_down.assign(buffer, static_cast<size_t>(n));
    else if (ssh_channel_is_eof(m_channel) || ssh_channel_is_closed(m_channel) || !ssh_is_connected(m_jump->handle()))
      m_ended = true;
  }
  if (m_down.empty()) return false;
  const ssize_t n = ::send(m_inner, m_down.data(), m_down.size(), MSG_NOSIGNAL);
  if (n > 0)
    m_down.erase(0, static_cast<size_t>(n));
  else if (n < 0 && errno != EAGAIN && errno != EINTR)
    m_ended = true;
  return n > 0;
}

bool Tunnel::toChannel() {
  if (m_up.empty()) {
    char buffer[kChunk];
    const ssize_t n = ::recv(m_inner, buffer, sizeof buffer, 0);
    if (n > 0)
      m_up.assign(buffer, static_cast<size_t>(n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
      m_ended = true;
  }
  const size_t length = std::min<size_t>(m_up.size(), ssh_channel_window_size(m_channel));
  if (length == 0 || (ssh_get_poll_flags(m_jump->handle()) & SSH_WRITE_PENDING)) return false;
  const int n = ssh_channel_write(m_channel, m_up.data(), static_cast<uint32_t>(length));
  if (n > 0)
    m_up.erase(0, static_cast<size_t>(n));
  else if (n < 0)
    m_ended = true;
  return n > 0;
}

void Tunnel::waitForEither() {
  const bool pending = (ssh_get_poll_flags(m_jump->handle()) & SSH_WRITE_PENDING) != 0;
  pollfd fds[] = {{ssh_get_fd(m_jump->handle()), static_cast<short>(pending ? POLLIN | POLLOUT : POLLIN), 0},
                  {m_inner, static_cast<short>((m_up.empty() ? POLLIN : 0) | (m_down.empty() ? 0 : POLLOUT)), 0}};
  ::poll(fds, 2, 200);
}

} // namespace attune::remote
