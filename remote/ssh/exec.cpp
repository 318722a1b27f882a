#include "remote/ssh/exec.h"

#include "remote/fault.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <memory>
#include <vector>

namespace attune::remote {
namespace {

constexpr double kStatusSeconds = 10; // from the end of the output to the exit status
constexpr size_t kChunk = 32768;
constexpr int kWait = 50;                    // milliseconds
constexpr size_t kPiece = size_t(256) << 10; // of what a source gives
// Of a sink's bytes so many may be under way as come in kRoundTrips round trips, or kUnderWay seconds: enough that the other side never
// waits, and no more: other work on the session waits behind them, and sshd copies what it cannot send yet with every packet that it
// adds. The least is libssh's own.
constexpr double kUnderWay = 0.25, kRoundTrips = 4;
constexpr size_t kLeastWindow = 1280000, kMostWindow = size_t(8) << 20;

int signalNumber(const std::string &name) { // those of RFC 4254 6.10
  const std::pair<const char *, int> known[] = {
      {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"FPE", SIGFPE},   {"HUP", SIGHUP},   {"ILL", SIGILL},   {"INT", SIGINT},  {"KILL", SIGKILL},
      {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV}, {"TERM", SIGTERM}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
  for (const auto &[word, number] : known)
    if (name == word) return number;
  return 127; // one that only the other system has
}

class Running {
public:
  Running(SshSession &session, const ExecRequest &request, const StopToken &stop)
      : m_session(session), m_request(request), m_stop(stop), m_until(m_clock.steady() + request.seconds), m_left(request.input) {
    if (request.source) m_piece.resize(kPiece);
    if (request.sink) m_taken.reset(new char[kMostWindow]); // touched as far as bytes come
  }
  ~Running() {
    if (!m_channel) return;
    ssh_remove_channel_callbacks(m_channel, &m_callbacks);
    m_session.closeChannel(m_channel);
  }
  Running(const Running &) = delete;
  Running &operator=(const Running &) = delete;

  Result<ExecResult> run(bool probing) {
    ATTUNE_TRY(m_channel, m_session.openChannel(m_session.options().probeSeconds, m_stop));
    std::memset(&m_callbacks, 0, sizeof m_callbacks);
    m_callbacks.userdata = this;
    m_callbacks.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void *self) {
      static_cast<Running *>(self)->ended(status, "");
    };
    m_callbacks.channel_exit_signal_function = [](ssh_session, ssh_channel, const char *name, int, const char *, const char *, void *self) {
      const std::string signal = shownText(name).substr(0, 32);
      static_cast<Running *>(self)->ended(128 + signalNumber(signal), signal);
    };
    ssh_callbacks_init(&m_callbacks);
    ssh_add_channel_callbacks(m_channel, &m_callbacks);
    int code = SSH_AGAIN;
    const double askedAt = m_clock.steady();
    const Status asked = m_session.repeat(m_session.options().probeSeconds, m_stop, [&] {
      return (code = ssh_channel_request_exec(m_channel, m_request.command.c_str())) != SSH_AGAIN;
    });
    if (!asked.ok()) return asked.error().fault == "NET-TIMEOUT" ? m_session.lose("it does not answer") : asked.error();
    if (code != SSH_OK) {
      if (!ssh_is_connected(m_session.handle())) return m_session.lose("the other side closed it");
      return fault("CMD-REFUSED", m_session.options().host + " does not run commands.", m_session.name(),
                   "Ask the centre for shell access.");
    }
    m_underWay = std::min(kUnderWay, kRoundTrips * (m_clock.steady() - askedAt));
    double endedAt = 0;
    for (;;) {
      m_moved = false;
      ATTUNE_CHECK(receive());
      ATTUNE_CHECK(send());
      const bool eof = ssh_channel_is_eof(m_channel) != 0, closed = ssh_channel_is_closed(m_channel) != 0;
      if (eof && !m_hasStatus) ssh_channel_get_exit_status(m_channel); // from the end on, reading no longer takes packets in
      if (m_hasStatus && (eof || closed || (m_request.whole && m_request.whole(m_result)))) {
        do { // what other work on the session took in meanwhile
          m_moved = false;
          ATTUNE_CHECK(receive());
        } while (m_moved);
        return std::move(m_result);
      }
      if (!ssh_is_connected(m_session.handle())) return m_session.lose("the other side closed it");
      const double now = m_clock.steady();
      if (m_moved && (m_request.source || m_request.sink)) m_until = now + m_request.seconds;
      if (eof && endedAt == 0) endedAt = now;
      if (closed || (eof && now - endedAt > kStatusSeconds))
        return fault("CMD-BROKEN", "A command on " + m_session.options().host + " ended without saying how.", m_session.name(),
                     "Try again.");
      if (now >= m_until)
        return fault("CMD-TIMEOUT", "A command on " + m_session.options().host + " took too long.", m_session.name(), "Try again later.");
      if (!probing && m_session.secondsSilent() > m_session.options().silentSeconds) ATTUNE_CHECK(probe(m_session, m_stop));
      if (!m_moved && !probing && m_request.meanwhile) m_moved = m_request.meanwhile();
      if (!m_moved) ATTUNE_CHECK(m_session.wait(m_stop));
      if (m_stop.stopRequested()) ATTUNE_CHECK(m_session.wait(m_stop));
    }
  }

private:
  void ended(int code, const std::string &signal) {
    m_result.code = code;
    m_result.signal = signal;
    m_hasStatus = true;
  }

  Status receive() {
    char buffer[kChunk];
    if (m_request.sink) ATTUNE_CHECK(receiveForSink());
    for (const int stream : {0, 1}) {
      if (stream == 0 && m_request.sink) continue;
      std::string &text = stream ? m_result.err : m_result.out;
      const size_t most = stream ? m_request.maxErr : m_request.maxOut;
      for (int n; (n = ssh_channel_read_nonblocking(m_channel, buffer, sizeof buffer, stream)) > 0;) {
        m_moved = true;
        const size_t room = most - text.size();
        if (static_cast<size_t>(n) > room && stream == 0)
          return fault("CMD-TOO-LONG", "A command on " + m_session.options().host + " prints more than expected.", m_session.name(),
                       "Look what it prints there.");
        text.append(buffer, std::min(static_cast<size_t>(n), room));
      }
    }
    return {};
  }

  /// All that is there: libssh opens the window for as much as is asked for.
  Status receiveForSink() {
    const double now = m_clock.steady();
    if (now - m_measuredAt > kUnderWay) {
      const double rate = static_cast<double>(m_measured) / (now - m_measuredAt);
      m_window = static_cast<size_t>(std::clamp(rate * m_underWay, double(kLeastWindow), double(kMostWindow)));
      m_measured = 0;
      m_measuredAt = now;
    }
    // Opening it takes a packet, so not for every one that came.
    const bool opens = m_sinceOpened >= m_window / 4;
    const auto most = static_cast<uint32_t>(opens ? m_window : kLeastWindow / 4);
    // With nothing to send it waits in there: libssh takes 4 KiB at a time in, and each wait of ours would be one more.
    const int n = ssh_channel_read_timeout(m_channel, m_taken.get(), most, 0, m_eofSent ? kWait : 0);
    if (opens) m_sinceOpened = 0;
    if (n <= 0) return {};
    m_moved = true;
    m_sinceOpened += static_cast<size_t>(n);
    m_measured += static_cast<size_t>(n);
    return m_request.sink({reinterpret_cast<const uint8_t *>(m_taken.get()), static_cast<size_t>(n)});
  }

  Status send() {
    while (!m_eofSent && !(ssh_get_poll_flags(m_session.handle()) & SSH_WRITE_PENDING)) {
      if (m_left.empty() && m_request.source && !m_sourceOver) {
        ATTUNE_TRY(const size_t n, m_request.source(m_piece.data(), m_piece.size()));
        m_left = std::string_view(m_piece.data(), n);
        m_sourceOver = n == 0;
      }
      if (m_left.empty()) {
        m_eofSent = true;
        ssh_channel_send_eof(m_channel);
        return {};
      }
      const size_t length = std::min<size_t>({kChunk, ssh_channel_window_size(m_channel), m_left.size()});
      if (length == 0) return {};
      const int n = ssh_channel_write(m_channel, m_left.data(), static_cast<uint32_t>(length));
      if (n == 0) return {};
      m_moved = m_moved || n > 0;
      m_sourceOver = m_sourceOver || n < 0; // the command no longer reads; what it said so far still counts
      m_left.remove_prefix(n < 0 ? m_left.size() : static_cast<size_t>(n));
    }
    return {};
  }

  SshSession &m_session;
  const ExecRequest &m_request;
  const StopToken &m_stop;
  Clock m_clock = Clock::system();
  double m_until;
  ssh_channel m_channel = nullptr;
  ssh_channel_callbacks_struct m_callbacks{};
  ExecResult m_result;
  std::string_view m_left; // to be sent
  std::vector<char> m_piece;
  std::unique_ptr<char[]> m_taken;
  size_t m_window = kLeastWindow, m_sinceOpened = kMostWindow, m_measured = 0;
  double m_measuredAt = 0, m_underWay = 0;
  bool m_sourceOver = false, m_eofSent = false, m_hasStatus = false, m_moved = false;
};

} // namespace

Result<ExecResult> execute(SshSession &session, const ExecRequest &request, const StopToken &stop) {
  return Running(session, request, stop).run(false);
}

Status probe(SshSession &session, const StopToken &stop) {
  if (session.secondsSilent() > session.options().silentSeconds && session.options().onSilent) session.options().onSilent();
  ExecRequest request;
  request.command = ":";
  request.seconds = session.options().probeSeconds;
  request.maxOut = size_t(1) << 20; // start-up files may print
  const auto result = Running(session, request, stop).run(true);
  if (result.ok() || result.error().fault == "CHANNEL-REFUSED" || result.error().fault == "CMD-REFUSED") return {}; // answers all the same
  if (result.error().fault == "CMD-TIMEOUT") return session.lose("it does not answer");
  return result.error();
}

} // namespace attune::remote
