#include "remote/ssh/session.h"

#include "remote/fault.h"
#include "remote/ssh/authentication.h"
#include "remote/ssh/encoding.h"
#include "remote/ssh/tcp.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace attune::remote {
namespace {

// As libssh has it, but AES-GCM first: processors have instructions for it, and sshd's own Poly1305 takes a tenth of a transfer's time.
const char *const kCiphers = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";

/// The server's choice among its keys falls on one that is on file, where there is one.
std::string keyOrder(const std::vector<std::string> &onFile) {
  const auto algorithms = [](const std::string &type) { return type == "ssh-rsa" ? std::string("rsa-sha2-512,rsa-sha2-256") : type; };
  std::string order;
  std::vector<std::string> types = onFile;
  const std::vector<std::string> usual = {"ssh-ed25519", "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256", "ssh-rsa"};
  types.insert(types.end(), usual.begin(), usual.end());
  for (const std::string &type : types) {
    const std::string words = algorithms(type);
    bool known = false;
    for (const std::string &one : usual) known = known || one == type;
    if (!known || ("," + order + ",").find("," + words + ",") != std::string::npos) continue;
    order += (order.empty() ? "" : ",") + words;
  }
  return order;
}

} // namespace

struct SshSession::Counter {
  ssh_counter_struct received{};
};

std::string shownText(const char *text) {
  std::string shown;
  for (const char *c = text ? text : ""; *c && shown.size() < 4096; ++c)
    shown += (static_cast<unsigned char>(*c) < 32 && *c != '\n') || *c == 127 ? '?' : *c;
  return shown;
}

SshSession::SshSession(SshOptions options, int socket)
    : m_options(std::move(options)), m_abortSocket(::fcntl(socket, F_DUPFD_CLOEXEC, 0)), m_session(ssh_new()),
      m_counter(std::make_unique<Counter>()) {
  m_lastHeard = m_clock.steady();
  const int no = 0;
  ssh_options_set(m_session, SSH_OPTIONS_PROCESS_CONFIG, &no);
  ssh_options_set(m_session, SSH_OPTIONS_FD, &socket);
  ssh_options_set(m_session, SSH_OPTIONS_HOST, m_options.host.c_str());
  ssh_options_set(m_session, SSH_OPTIONS_USER, m_options.user.c_str());
  for (const ssh_options_e way : {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}) ssh_options_set(m_session, way, kCiphers);
  ssh_set_blocking(m_session, 0);
  ssh_set_counters(m_session, nullptr, &m_counter->received);
}

SshSession::~SshSession() {
  if (m_session) {
    if (m_lost)
      ssh_silent_disconnect(m_session);
    else
      ssh_disconnect(m_session);
    ssh_free(m_session);
  }
  if (m_abortSocket >= 0) ::close(m_abortSocket);
}

Result<std::unique_ptr<SshSession>> SshSession::open(const SshOptions &options, const Questions &questions, const StopToken &stop) {
  int socket = options.socket;
  std::vector<std::string> files = options.knownHosts;
  if (!options.keyStore.empty()) files.push_back(options.keyStore);
  const auto known = KnownHosts::read(files);
  if (!known.ok()) {
    if (socket >= 0) ::close(socket);
    return known.error();
  }
  if (socket < 0) {
    ATTUNE_TRY(socket, connectTcp(options.host, options.port, options.seconds, stop));
  }
  std::unique_ptr<SshSession> session(new SshSession(options, socket));
  ATTUNE_CHECK(session->greet(*known, stop));
  ATTUNE_CHECK(session->judgeKey(*known, questions));
  ATTUNE_CHECK(authenticate(*session, questions, stop));
  return session;
}

std::string SshSession::name() const { return m_options.user + "@" + m_options.host + ":" + std::to_string(m_options.port); }

void SshSession::abort() { ::shutdown(m_abortSocket, SHUT_RDWR); }

uint64_t SshSession::bytesReceived() const { return m_counter->received.in_bytes; }

bool SshSession::hasNews() const {
  pollfd fd{ssh_get_fd(m_session), POLLIN, 0};
  return fd.fd < 0 || ::poll(&fd, 1, 0) > 0;
}

double SshSession::secondsSilent() {
  if (const uint64_t bytes = bytesReceived(); bytes != m_lastBytes) {
    m_lastBytes = bytes;
    m_lastHeard = m_clock.steady();
  }
  return m_clock.steady() - m_lastHeard;
}

Error SshSession::lose(const std::string &why) {
  if (!m_lost) abort();
  m_lost = true;
  return fault("NET-LOST", "The connection to " + m_options.host + " was lost: " + why + ".", name(),
               "Connect again. What runs on the cluster goes on.");
}

Status SshSession::wait(const StopToken &stop) {
  if (m_lost) return lose("it was given up");
  if (stop.stopRequested()) return interrupted();
  const bool pending = (ssh_get_poll_flags(m_session) & SSH_WRITE_PENDING) != 0;
  pollfd fd{ssh_get_fd(m_session), static_cast<short>(pending ? POLLIN | POLLOUT : POLLIN), 0};
  if (fd.fd < 0) return lose("the other side closed it");
  ::poll(&fd, 1, 50);
  secondsSilent();
  return {};
}

Status SshSession::repeat(double seconds, const StopToken &stop, const std::function<bool()> &step) {
  const double until = m_clock.steady() + seconds;
  while (!step()) {
    if (m_clock.steady() >= until) return fault("NET-TIMEOUT", m_options.host + " does not answer.", name(), "Is the VPN on? Try again.");
    ATTUNE_CHECK(wait(stop));
  }
  return {};
}

Status SshSession::greet(const KnownHosts &known, const StopToken &stop) {
  const std::string order = keyOrder(known.typesOf(m_options.host, m_options.port));
  ssh_options_set(m_session, SSH_OPTIONS_HOSTKEYS, order.c_str());
  int code = SSH_AGAIN;
  const Status done = repeat(m_options.seconds, stop, [&] { return (code = ssh_connect(m_session)) != SSH_AGAIN; });
  if (!done.ok()) {
    m_lost = true;
    return done;
  }
  if (code == SSH_OK) return {};
  const std::string text = shownText(ssh_get_error(m_session));
  m_lost = true;
  if (text.find("kex error") != std::string::npos)
    return fault("SSH-ALGO", m_options.host + " offers no algorithm that this program accepts.", name(),
                 "Ask the centre to allow one that this program has. In detail: " + text);
  return fault("NET-LOST", m_options.host + " ended the connection at its greeting.", name(), "Is this an SSH server? In detail: " + text);
}

Status SshSession::judgeKey(const KnownHosts &known, const Questions &questions) {
  HostKey key;
  ssh_key shown = nullptr;
  char *base64 = nullptr;
  if (ssh_get_server_publickey(m_session, &shown) == SSH_OK && ssh_pki_export_pubkey_base64(shown, &base64) == SSH_OK)
    key.blob = fromBase64(base64).value_or("");
  ssh_string_free_char(base64);
  ssh_key_free(shown);
  key.type = keyTypeOf(key.blob);
  if (key.type.empty()) return lose("its host key cannot be read");
  const KeyCheck check = known.check(m_options.host, m_options.port, key);
  const std::string host = knownHostName(m_options.host, m_options.port);
  std::string story = "It shows " + check.type + " " + check.fingerprint + ".";
  for (const auto &line : check.known) story += " On file: " + line.type + " " + line.fingerprint + " (" + line.where + ").";
  const std::string help = story + " Ask the centre; replace the key only if they confirm.";
  const bool other = check.verdict == KeyVerdict::Changed || check.verdict == KeyVerdict::OtherType;
  if (other && questions.replaceKey && questions.replaceKey({m_options.host, m_options.port, check}))
    return replaceHostKey(m_options.keyStore, m_options.host, m_options.port, key);
  switch (check.verdict) {
  case KeyVerdict::Ok: return {};
  case KeyVerdict::Changed: return fault("KEY-CHANGED", host + " shows a different key than before. Nothing was sent.", name(), help);
  case KeyVerdict::OtherType:
    return fault("KEY-OTHER", host + " shows a key of another type than the one on file. Nothing was sent.", name(), help);
  case KeyVerdict::Revoked: return fault("KEY-REVOKED", host + " shows a key that was revoked. Nothing was sent.", name(), help);
  case KeyVerdict::Unknown: break;
  }
  const KeyAnswer answer = questions.trustKey ? questions.trustKey({m_options.host, m_options.port, check}) : KeyAnswer::Refuse;
  if (answer == KeyAnswer::Refuse)
    return fault("KEY-UNKNOWN", "The key of " + host + " is not known. Nothing was sent.", name(),
                 story + " Compare this fingerprint with your centre's page.");
  if (answer == KeyAnswer::Store) return trustHostKey(m_options.keyStore, m_options.host, m_options.port, key);
  return {};
}

Result<ssh_channel_struct *> SshSession::openWith(double seconds, const StopToken &stop, const Error &refused,
                                                  const std::function<int(ssh_channel_struct *)> &step) {
  if (m_lost) return lose("it was given up");
  if (m_channels >= kMaxChannels) return refused;
  ssh_channel channel = ssh_channel_new(m_session);
  if (!channel) return lose("the session ended");
  ++m_channels;
  int code = SSH_AGAIN;
  const Status done = repeat(seconds, stop, [&] { return (code = step(channel)) != SSH_AGAIN; });
  if (done.ok() && code == SSH_OK) return channel;
  const bool alive = done.ok() && ssh_is_connected(m_session);
  closeChannel(channel);
  if (alive) return refused;
  if (!done.ok() && done.error().code == ErrorCode::Interrupted) return done.error();
  return lose(done.ok() ? "the other side closed it" : "it does not answer");
}

Result<ssh_channel_struct *> SshSession::openChannel(double seconds, const StopToken &stop) {
  const double until = m_clock.steady() + (m_patient ? 5 : 0);
  for (;;) {
    auto channel =
        openWith(seconds, stop,
                 fault("CHANNEL-REFUSED", m_options.host + " opens no further channel.", name(), "Wait until another transfer is done."),
                 [](ssh_channel opening) { return ssh_channel_open_session(opening); });
    if (channel.ok() || channel.error().fault != "CHANNEL-REFUSED" || m_clock.steady() >= until) return channel;
    ATTUNE_CHECK(wait(stop));
  }
}

Result<ssh_channel_struct *> SshSession::openForward(const std::string &host, int port, double seconds, const StopToken &stop) {
  const std::string target = host + ":" + std::to_string(port);
  return openWith(seconds, stop,
                  fault("NET-REFUSED", "The jump host " + m_options.host + " cannot reach " + target + ".", name(),
                        "Check the name, and whether that host allows forwarding."),
                  [&](ssh_channel channel) { return ssh_channel_open_forward(channel, host.c_str(), port, "127.0.0.1", 0); });
}

void SshSession::closeChannel(ssh_channel_struct *channel) {
  --m_channels;
  if (channel) ssh_channel_free(channel);
}

} // namespace attune::remote
