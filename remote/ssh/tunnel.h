// A way through a jump host: a forward channel of its session on one side, a socket on the other, and a thread that moves bytes
// between them and to which the jump host's session belongs from open() on. Ends, and closes the socket, when either side does.
// open() fails as session.h says, and with NET-REFUSED when the jump host cannot reach the target.
#pragma once

#include "remote/ssh/session.h"

#include <atomic>
#include <memory>
#include <thread>

namespace attune::remote {

class Tunnel {
public:
  static Result<std::unique_ptr<Tunnel>> open(std::unique_ptr<SshSession> jump, const std::string &host, int port,
                                              const StopToken &stop = {});
  ~Tunnel(); // ends the thread
  Tunnel(const Tunnel &) = delete;
  Tunnel &operator=(const Tunnel &) = delete;

  /// The near end, once; the caller's from then on.
  int takeSocket();

private:
  Tunnel(std::unique_ptr<SshSession> jump, ssh_channel_struct *channel, int inner, int outer);
  void pump();
  bool toChannel();
  bool toSocket();
  void waitForEither();

  std::unique_ptr<SshSession> m_jump;
  ssh_channel_struct *m_channel;
  int m_inner;              // ours
  int m_outer;              // the caller's
  std::string m_up, m_down; // read on one side, not yet written on the other
  bool m_ended = false;
  std::atomic<bool> m_stop{false};
  std::thread m_thread;
};

} // namespace attune::remote
