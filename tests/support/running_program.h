// The real program while it runs: signals, a kill, a disk that fills up. For tests; one thread.
#pragma once

#include "tests/support/run_program.h"

#include <csignal>
#include <functional>
#include <sys/resource.h>
#include <thread>

namespace attune::test {

class RunningProgram {
public:
  /// With `survivesFullDisk` writing beyond a file size limit is an error for the program instead of its death.
  explicit RunningProgram(const std::vector<std::string> &arguments, bool survivesFullDisk = false) {
    const int out = mkstemp(m_outPath);
    m_child = fork();
    if (m_child == 0) {
      if (survivesFullDisk) std::signal(SIGXFSZ, SIG_IGN);
      dup2(open("/dev/null", O_RDWR), 0);
      dup2(0, 2);
      dup2(out, 1);
      std::vector<char *> words = {const_cast<char *>(ATTUNE_BINARY)};
      for (const std::string &argument : arguments) words.push_back(const_cast<char *>(argument.c_str()));
      words.push_back(nullptr);
      execv(ATTUNE_BINARY, words.data());
      _exit(127);
    }
    close(out);
  }
  ~RunningProgram() {
    if (!m_ended) {
      kill(m_child, SIGKILL);
      wait();
    }
    unlink(m_outPath);
  }
  RunningProgram(const RunningProgram &) = delete;
  RunningProgram &operator=(const RunningProgram &) = delete;

  void signal(int number) const {
    if (!m_ended) kill(m_child, number);
  }

  /// No file may grow beyond `bytes` from now on; those that are longer already refuse every further byte.
  void limitFileSize(rlim_t bytes) const {
    const rlimit limit = {bytes, RLIM_INFINITY};
    prlimit(m_child, RLIMIT_FSIZE, &limit, nullptr);
  }

  /// Looks again and again until `done` holds; false when the program ends first or a minute has passed.
  bool waitUntil(const std::function<bool()> &done) {
    for (int i = 0; i < 12000; ++i) {
      if (done()) return true;
      if (ended()) return done();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  /// Whether it waits inside that system call.
  bool blockedIn(long number) const {
    const std::string text = slurp("/proc/" + std::to_string(m_child) + "/syscall");
    return text.compare(0, text.find(' '), std::to_string(number)) == 0;
  }

  bool ended() {
    if (!m_ended && waitpid(m_child, &m_status, WNOHANG) == m_child) m_ended = true;
    return m_ended;
  }

  /// The exit code, 128 + n when a signal ended it.
  int wait() {
    if (!m_ended) waitpid(m_child, &m_status, 0);
    m_ended = true;
    return WIFEXITED(m_status) ? WEXITSTATUS(m_status) : 128 + WTERMSIG(m_status);
  }

  std::string output() const { return slurp(m_outPath); }

private:
  char m_outPath[32] = "/tmp/attune-run-XXXXXX";
  pid_t m_child = -1;
  int m_status = 0;
  bool m_ended = false;
};

} // namespace attune::test
