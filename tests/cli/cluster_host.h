// The loopback cluster for the real program: a home, a workspace and a profile "loop" made by its own verb. The program finds
// them by its environment, which is this process's as long as the object lives. Test code, one thread.
#pragma once

#include "core/base/json.h"
#include "core/base/shell_word.h"
#include "tests/cluster/loopback.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace attune::test {

inline bool soon(double seconds, const std::function<bool()> &state) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!state()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

/// An environment variable as long as the object lives.
class Environment {
public:
  Environment(const char *name, const std::string &value) : m_name(name) {
    if (const char *before = std::getenv(name)) m_before = before;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { m_before.empty() ? unsetenv(m_name) : setenv(m_name, m_before.c_str(), 1); }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

private:
  const char *m_name;
  std::string m_before;
};

/// The program without any terminal, as from cron.
inline ProgramResult runDetached(const std::vector<std::string> &arguments) {
  const TempFolder folder;
  std::string command = "setsid -w " + shellWord(ATTUNE_BINARY);
  for (const std::string &argument : arguments) command.append(" ").append(shellWord(argument));
  ProgramResult result;
  result.out = outputOf("timeout 300 " + command + " 2>" + folder.path() + "/err", &result.code);
  result.err = slurp(folder.path() + "/err");
  return result;
}

struct ClusterHost {
  explicit ClusterHost(LoopbackOptions options = {}, bool knownKey = true)
      : cluster(std::move(options)), homeOf("HOME", home.path()), workspaceOf("ATTUNE_WORKSPACE", workspace.path()),
        agent("SSH_AUTH_SOCK", "/nonexistent") {
    if (!cluster.started()) return;
    std::ofstream(cluster.value("LB_HOME") + "/.bash_profile") << "PATH=" + cluster.value("LB_STATE") + "/bin:$PATH\n";
    std::filesystem::create_directory(home.path() + "/.ssh");
    if (knownKey) home.write(".ssh/known_hosts", slurp(cluster.value("LB_KNOWN_HOSTS")));
  }

  /// With the key, unless `options` says otherwise.
  ProgramResult add(std::vector<std::string> options = {}) const {
    std::vector<std::string> words = {"cluster",
                                      "add",
                                      "loop",
                                      "--host",
                                      "127.0.0.1",
                                      "--port",
                                      std::to_string(cluster.port()),
                                      "--user",
                                      cluster.value("LB_SSH_USER"),
                                      "--worker",
                                      ATTUNE_BINARY};
    if (options.empty()) options = {"--identity", cluster.value("LB_SSH_KEY")};
    words.insert(words.end(), options.begin(), options.end());
    return runDetached(words);
  }

  /// `run.json` as a small job of one card.
  static std::vector<std::string> submission(const std::string &runJson, const std::vector<std::string> &more = {}) {
    std::vector<std::string> words = {"submit", runJson,   "--cluster", "loop",      "--partition", "kshdtest", "--gres",
                                      "dcu:1",  "--cores", "2",         "--minutes", "4",           "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  /// As root on the cluster, whatever its client does.
  std::string slurm(const std::string &command) const { return outputOf("SLURM_CONF=" + cluster.value("SLURM_CONF") + " " + command); }
  /// Slurm's word for a job: "RUNNING"; empty when it is not in the queue.
  std::string stateOf(const std::string &id) const {
    const std::string text = slurm("squeue -h -t all -o %T -j " + shellWord(id) + " 2>/dev/null");
    return text.substr(0, text.find('\n'));
  }

  Loopback cluster;
  TempFolder home, workspace;

private:
  Environment homeOf, workspaceOf, agent;
};

} // namespace attune::test
