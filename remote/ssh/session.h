// One SSH connection on libssh: connected, its host key judged before anything of the user is sent, logged in.
// Belongs to one thread (libssh asks for that), but for abort(), which any thread may call. Every wait ends by its time limit, by
// the stop token or by abort(). Fails with the faults NET-DNS, NET-REFUSED, NET-TIMEOUT, NET-LOST, SSH-ALGO, KEY-UNKNOWN,
// KEY-CHANGED, KEY-OTHER, KEY-REVOKED, AUTH-DENIED, AUTH-LOCKED, AUTH-NEEDS-CODE; Interrupted when stopped or cancelled.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "remote/ssh/questions.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct ssh_session_struct;
struct ssh_channel_struct;

namespace attune::remote {

struct SshOptions {
  std::string host; // a name or address that can be reached
  int port = 22;
  std::string user;
  std::vector<std::string> identityFiles;
  std::string keyAdvice = {}; // said where the login fails: of key files that are none
  std::string wayAdvice = {}; // said where the host cannot be reached
  bool useAgent = true;
  std::vector<std::string> knownHosts; // files that are only read
  std::string keyStore;                // where keys go that the user trusts; read as well
  double seconds = 10;                 // for each step of connecting
  double silentSeconds = 30;           // without a byte, until the other side is probed
  double probeSeconds = 15;            // for the probe's answer, until the connection counts as lost
  std::function<void()> onSilent = {}; // after silentSeconds of waiting for it; any thread, must not block
  int socket = -1;                     // already connected, as through a jump host; taken over
};

class SshSession {
public:
  static Result<std::unique_ptr<SshSession>> open(const SshOptions &options, const Questions &questions, const StopToken &stop = {});
  ~SshSession();
  SshSession(const SshSession &) = delete;
  SshSession &operator=(const SshSession &) = delete;

  const SshOptions &options() const { return m_options; }
  /// "user@host:port", for errors.
  std::string name() const;
  /// Ends every wait with NET-LOST; any thread.
  void abort();
  bool lost() const { return m_lost; }
  uint64_t bytesReceived() const;
  /// Whether bytes wait in the socket, or its end.
  bool hasNews() const;
  double secondsSilent();

  // For the classes that work on its channels.
  static constexpr int kMaxChannels = 4;
  ssh_session_struct *handle() { return m_session; }
  /// Calls `step` until it is done, waiting for the network between; NET-TIMEOUT after `seconds`.
  Status repeat(double seconds, const StopToken &stop, const std::function<bool()> &step);
  /// Waits up to 50 ms for the network. NET-LOST or Interrupted.
  Status wait(const StopToken &stop);
  /// NET-LOST from now on; the socket is dropped without a farewell.
  Error lose(const std::string &why);
  /// Asks again for 5 s where a channel is refused: servers that open one at a time are slow to see that the last one is closed.
  void setPatient() { m_patient = true; }
  /// An open session channel. NET-LOST, or CHANNEL-REFUSED when there are too many.
  Result<ssh_channel_struct *> openChannel(double seconds, const StopToken &stop);
  /// A channel to host:port as the other side sees them. NET-LOST, or NET-REFUSED when it cannot reach them.
  Result<ssh_channel_struct *> openForward(const std::string &host, int port, double seconds, const StopToken &stop);
  /// Nothing for one that was freed elsewhere.
  void closeChannel(ssh_channel_struct *channel);

private:
  SshSession(SshOptions options, int socket);
  Status greet(const KnownHosts &known, const StopToken &stop);
  Status judgeKey(const KnownHosts &known, const Questions &questions);
  Result<ssh_channel_struct *> openWith(double seconds, const StopToken &stop, const Error &refused,
                                        const std::function<int(ssh_channel_struct *)> &step);
  struct Counter;
  SshOptions m_options;
  Clock m_clock = Clock::system();
  int m_abortSocket = -1; // a duplicate, so that abort() never meets another file of the same number
  ssh_session_struct *m_session = nullptr;
  std::unique_ptr<Counter> m_counter;
  uint64_t m_lastBytes = 0;
  double m_lastHeard = 0;
  int m_channels = 0;
  bool m_lost = false;
  bool m_patient = false;
};

/// One line of a text from the other side: control characters become ?, at most 4 KiB.
std::string shownText(const char *text);

} // namespace attune::remote
