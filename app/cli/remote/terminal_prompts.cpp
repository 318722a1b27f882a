#include "app/cli/remote/terminal_prompts.h"

#include "app/cli/command/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace attune::app {

namespace {

constexpr size_t kLongestAnswer = 4096;
constexpr int kLookMs = 100; // for a Ctrl-C

const char *const kLineStart = "\r\x1b[K"; // where a progress line may stand

/// A terminal that does not show what is typed, as long as the object lives. What was typed before is thrown away.
class Unseen {
public:
  explicit Unseen(int terminal) : m_terminal(terminal), m_changed(tcgetattr(terminal, &m_before) == 0) {
    if (!m_changed) return;
    termios quiet = m_before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    m_changed = tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
  }
  ~Unseen() {
    if (m_changed) tcsetattr(m_terminal, TCSAFLUSH, &m_before);
  }
  Unseen(const Unseen &) = delete;
  Unseen &operator=(const Unseen &) = delete;
  bool works() const { return m_changed; }

private:
  int m_terminal;
  termios m_before{};
  bool m_changed;
};

void wipe(std::string &text) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

/// What the server says, every line of it under its name, so that none passes for ours.
std::string saidBy(const std::string &host, std::string text) {
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, host + ": ");
  return host + ": " + text;
}

std::string promptOf(const api::LoginPrompt &prompt, const api::LoginPrompt::Line &line) {
  switch (prompt.kind) {
  case api::LoginPrompt::Kind::Passphrase: return "Passphrase of the key " + line.text + ": ";
  case api::LoginPrompt::Kind::Password: return "Password of " + prompt.user + " on " + prompt.host + ": ";
  case api::LoginPrompt::Kind::Interactive: break;
  }
  return saidBy(prompt.host, line.text) + (!line.text.empty() && line.text.back() == ' ' ? "" : " ");
}

} // namespace

std::unique_ptr<TerminalPrompts> TerminalPrompts::open(StopToken stop) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return nullptr;
  return std::unique_ptr<TerminalPrompts>(new TerminalPrompts(terminal, std::move(stop)));
}

TerminalPrompts::~TerminalPrompts() { ::close(m_terminal); }

void TerminalPrompts::write(const std::string &text) const {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(m_terminal, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) return;
    if (n > 0) done += static_cast<size_t>(n);
  }
}

/// Nothing at the end of the input, for a Ctrl-C, and where the typing would be seen although it must not.
std::optional<std::string> TerminalPrompts::ask(const std::string &question, bool echo, const StopToken &stop) const {
  std::optional<Unseen> unseen;
  if (!echo) {
    unseen.emplace(m_terminal);
    if (!unseen->works()) return std::nullopt;
  }
  write(printable(question)); // only now: what is typed after it counts
  std::string line;
  line.reserve(kLongestAnswer); // no copies by growing
  char buffer[256];
  std::optional<std::string> answer;
  while (!stop.stopRequested() && !m_stop.stopRequested() && !answer) {
    pollfd look = {m_terminal, POLLIN, 0};
    if (::poll(&look, 1, kLookMs) <= 0) continue;
    const ssize_t n = ::read(m_terminal, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const auto *end = static_cast<const char *>(std::memchr(buffer, '\n', static_cast<size_t>(n)));
    const size_t length = end ? static_cast<size_t>(end - buffer) : static_cast<size_t>(n);
    if (line.size() + length > kLongestAnswer) break;
    line.append(buffer, length);
    if (end) answer = std::move(line);
  }
  explicit_bzero(buffer, sizeof buffer);
  wipe(line);
  if (!echo || !answer) write("\r\n");
  return answer;
}

api::HostKeyAnswer TerminalPrompts::askHostKey(const api::HostKeyPrompt &prompt, const StopToken &stop) {
  write(kLineStart + printable("The key of " + prompt.host + ", port " + std::to_string(prompt.port) + ", is not known yet:\n  " +
                               prompt.type + " " + prompt.fingerprint + "\nCompare it with the fingerprint that your centre publishes.\n"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto answer = ask("Trust it? Type yes to remember it, once to connect without that, or no: ", true, stop);
    if (!answer || *answer == "no") break;
    if (*answer == "yes" || *answer == prompt.fingerprint) return api::HostKeyAnswer::Trust;
    if (*answer == "once") return api::HostKeyAnswer::Once;
  }
  return api::HostKeyAnswer::Refuse;
}

std::optional<std::vector<std::string>> TerminalPrompts::askLogin(const api::LoginPrompt &prompt, const StopToken &stop) {
  write(kLineStart);
  for (const std::string &text : {prompt.title, prompt.instruction})
    if (!text.empty()) write(printable(saidBy(prompt.host, text)) + "\n");
  if (prompt.attempt > 1) write("That was not it.\n");
  std::vector<std::string> answers;
  answers.reserve(prompt.lines.size()); // no copies by growing
  for (const api::LoginPrompt::Line &line : prompt.lines) {
    auto answer = ask(promptOf(prompt, line), line.echo, stop);
    if (!answer) {
      for (std::string &given : answers) wipe(given);
      return std::nullopt;
    }
    answers.push_back(std::move(*answer));
  }
  return answers;
}

} // namespace attune::app
