// The real program on a terminal of its own (a pty): what a person reads there, and what they type. For tests; one thread.
#pragma once

#include <chrono>
#include <csignal>
#include <poll.h>
#include <pty.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace attune::test {

class TerminalProgram {
public:
  explicit TerminalProgram(const std::vector<std::string> &arguments) {
    m_child = forkpty(&m_terminal, nullptr, nullptr, nullptr);
    if (m_child != 0) return;
    std::vector<char *> words = {const_cast<char *>(ATTUNE_BINARY)};
    for (const std::string &argument : arguments) words.push_back(const_cast<char *>(argument.c_str()));
    words.push_back(nullptr);
    execv(ATTUNE_BINARY, words.data());
    _exit(127);
  }
  ~TerminalProgram() {
    if (!m_ended) {
      kill(m_child, SIGKILL);
      waitpid(m_child, nullptr, 0);
    }
    close(m_terminal);
  }
  TerminalProgram(const TerminalProgram &) = delete;
  TerminalProgram &operator=(const TerminalProgram &) = delete;

  /// Reads until `text` stands in what came since the last call that found something.
  bool reads(const std::string &text, double seconds = 60) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      if (const size_t at = m_shown.find(text, m_seen); at != std::string::npos) {
        m_seen = at + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > end || !more()) return m_shown.find(text, m_seen) != std::string::npos;
    }
  }
  void types(const std::string &text) const {
    if (write(m_terminal, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  /// Its exit code, 128 + n when a signal ended it; everything is read then.
  int wait(double seconds = 60) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (more() && std::chrono::steady_clock::now() < end) {
    }
    int status = 0;
    for (; !m_ended && std::chrono::steady_clock::now() < end; usleep(10000)) m_ended = waitpid(m_child, &status, WNOHANG) == m_child;
    if (!m_ended) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string &shown() const { return m_shown; }

private:
  /// False once the program has closed its side.
  bool more() {
    pollfd look = {m_terminal, POLLIN, 0};
    if (poll(&look, 1, 100) <= 0) return true;
    char buffer[4096];
    const ssize_t n = read(m_terminal, buffer, sizeof buffer);
    if (n <= 0) return false;
    m_shown.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int m_terminal = -1;
  pid_t m_child = -1;
  bool m_ended = false;
  std::string m_shown;
  size_t m_seen = 0;
};

} // namespace attune::test
