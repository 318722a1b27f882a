#include "tests/cluster/loopback.h"

#include "core/base/shell_word.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace attune::test {
namespace {

const std::string kScript = std::string(ATTUNE_SOURCE_DIR) + "/tests/cluster/loopback.sh";

bool hasProgram(const char *name) {
  for (const char *folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (::access((folder + std::string(name)).c_str(), X_OK) == 0) return true;
  return false;
}

} // namespace

std::string outputOf(const std::string &shellCommand, int *code) {
  std::string text;
  int status = -1;
  if (FILE *pipe = ::popen(("( " + shellCommand + " ) </dev/null").c_str(), "re")) {
    char buffer[4096];
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
    status = ::pclose(pipe);
  }
  if (code) *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return text;
}

std::string Loopback::whyNot(bool slurm) {
  if (::geteuid() != 0) return "needs root";
  for (const char *name : {"sshd", "ssh-keygen", "ss", "setsid", "useradd"})
    if (!hasProgram(name)) return "needs " + std::string(name);
  if (slurm)
    for (const char *name : {"munged", "slurmctld", "slurmd", "sbatch"})
      if (!hasProgram(name)) return "needs " + std::string(name);
  return "";
}

bool Loopback::hasAccounting() { return hasProgram("slurmdbd") && hasProgram("mariadbd"); }

Loopback::Loopback(LoopbackOptions options) : m_options(std::move(options)) {
  auto &set = m_options.environment;
  const std::string yes(1, '1'); // GCC 12 warns of assigned literals
  if (!m_options.slurm) set["LB_SSHD_ONLY"] = yes;
  if (m_options.secondFactor) set["LB_2FA"] = yes;
  if (m_options.password) set["LB_PASSWORD"] = yes;
  if (!m_options.sshdLines.empty()) set["LB_SSHD_LINES"] = m_options.sshdLines;
  for (int attempt = 0; attempt < 3 && !started(); ++attempt) { // another instance may have taken the same port meanwhile
    stop();
    start();
  }
}

void Loopback::start() {
  static std::atomic<int> count{0};
  char folder[] = "/tmp/attune-lb-XXXXXX";
  if (!::mkdtemp(folder)) return;
  m_folder = folder;
  std::string command = "LB_USER=lb" + std::to_string(::getpid()) + "x" + std::to_string(++count) + " ";
  for (const auto &[name, value] : m_options.environment) command += name + "=" + shellWord(value) + " ";
  int code = 1;
  const std::string text = outputOf(command + kScript + " start " + m_folder, &code);
  if (code != 0) return;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const size_t equals = text.find('=', at);
    if (equals < end) m_environment[text.substr(at, equals - at)] = text.substr(equals + 1, end - equals - 1);
    at = end + 1;
  }
}

void Loopback::stop() {
  if (m_folder.empty()) return;
  outputOf(kScript + " stop " + m_folder);
  ::rmdir(m_folder.c_str()); // one that never started
  m_folder.clear();
}

Loopback::~Loopback() { stop(); }

const std::string &Loopback::value(const std::string &name) const {
  static const std::string none;
  const auto found = m_environment.find(name);
  return found == m_environment.end() ? none : found->second;
}

int Loopback::port() const { return std::atoi(value("LB_SSH_PORT").c_str()); }

bool Loopback::act(const std::string &verb, const std::string &daemon) const {
  int code = 1;
  outputOf(kScript + " " + verb + " " + m_folder + " " + daemon, &code);
  return code == 0;
}

} // namespace attune::test
