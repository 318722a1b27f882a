// The loopback cluster with a command runner of its own (one ssh process a command) and jobs staged as root. Test code.
#pragma once

#include "core/base/shell_word.h"
#include "remote/fault.h"
#include "remote/slurm/client.h"
#include "remote/ssh/command_frame.h"
#include "tests/cluster/loopback.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

namespace attune::test {

inline std::string fileText(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline bool within(double seconds, const std::function<bool()> &state) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!state()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

class SshCommandRunner : public remote::CommandRunner {
public:
  explicit SshCommandRunner(const Loopback &cluster) : m_cluster(cluster) {}

  Result<remote::CommandResult> run(const remote::Command &command, const StopToken & = {}) override {
    const std::string mark = remote::randomMark();
    ATTUNE_TRY(const std::string text, remote::frameCommand(command, mark));
    const std::string script = m_folder.write("script", text);
    const std::string err = m_folder.path() + "/err";
    const std::string ssh = "timeout " + std::to_string(command.seconds) + " ssh -p " + m_cluster.value("LB_SSH_PORT") + " -i " +
                            m_cluster.value("LB_SSH_KEY") +
                            " -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=" + m_cluster.value("LB_KNOWN_HOSTS") +
                            " -o GlobalKnownHostsFile=/dev/null " + m_cluster.value("LB_SSH_USER") + "@127.0.0.1 " +
                            shellWord(remote::shellFor(command)) + " <" + script + " 2>" + err;
    int code = 0;
    const std::string out = outputOf("{ " + ssh + "; }", &code);
    if (code == 124) return remote::fault("CMD-TIMEOUT", "no answer", "loopback", "");
    if (out.size() > command.maxOutput) return remote::fault("CMD-TOO-LONG", "too long", "loopback", "");
    return remote::readFrame(out, fileText(err), mark, "loopback");
  }

private:
  const Loopback &m_cluster;
  TempFolder m_folder;
};

struct SlurmHost {
  explicit SlurmHost(LoopbackOptions options = {}) : cluster(std::move(options)), runner(cluster), client(runner, "loopback") {
    // The login shell sets a PATH of its own; the site's commands come back as a site adds them.
    if (cluster.started())
      std::ofstream(cluster.value("LB_HOME") + "/.bash_profile") << "echo welcome\nPATH=" + cluster.value("LB_STATE") + "/bin:$PATH\n";
  }

  std::string folder(const std::string &token) const { return cluster.value("LB_HOME") + "/.attune/jobs/" + token; }
  std::string log(const std::string &token) const { return fileText(folder(token) + "/run.log"); }

  /// A fresh token whose folder holds run.sh and a job.env with `values`.
  std::string stage(remote::slurm::JobValues values) {
    values.token = "attune-" + remote::randomMark().substr(0, 12);
    const std::string place = folder(values.token);
    std::filesystem::create_directories(place);
    const auto text = remote::slurm::jobEnvironment(values);
    REQUIRE(text.ok());
    std::ofstream(place + "/job.env", std::ios::binary) << *text;
    std::ofstream(place + "/run.sh", std::ios::binary) << remote::slurm::runScript();
    outputOf("chown -R " + cluster.value("LB_SSH_USER") + ": " + cluster.value("LB_HOME"));
    return values.token;
  }
  std::string stage(const std::string &trainer) {
    remote::slurm::JobValues values;
    values.command = {"/bin/bash", "-c", trainer};
    return stage(values);
  }

  static remote::slurm::JobRequest request() {
    remote::slurm::JobRequest asked;
    asked.partition = "kshdtest";
    asked.cores = 2;
    asked.gres = "dcu";
    asked.cards = 1;
    asked.minutes = 3;
    return asked;
  }
  remote::slurm::JobKey submit(const std::string &token, const remote::slurm::JobRequest &asked = request()) {
    const auto id = client.submit({token, ".attune/jobs/" + token, asked});
    REQUIRE_MESSAGE(id.ok(), (id.ok() ? "" : id.error().text()));
    return {token, id->job};
  }
  remote::slurm::JobLook look(const remote::slurm::JobKey &job, bool accounting = false) {
    auto looks = client.look({job}, accounting);
    REQUIRE_MESSAGE(looks.ok(), (looks.ok() ? "" : looks.error().text()));
    return looks->front();
  }
  bool becomes(const remote::slurm::JobKey &job, const std::string &state, double seconds = 40) {
    std::string last;
    const bool came = within(seconds, [&] {
      const auto seen = look(job);
      last = seen.queue ? seen.queue->state : "none";
      return last == state;
    });
    if (!came) MESSAGE("the state is " << last << "\n" << log(job.token));
    return came;
  }
  bool logs(const remote::slurm::JobKey &job, const std::string &text, double seconds = 40) {
    const bool came = within(seconds, [&] { return log(job.token).find(text) != std::string::npos; });
    if (!came) MESSAGE("the log is\n" << log(job.token));
    return came;
  }
  /// As root on the cluster, whatever its client does.
  std::string slurm(const std::string &command) const { return outputOf("SLURM_CONF=" + cluster.value("SLURM_CONF") + " " + command); }

  Loopback cluster;
  SshCommandRunner runner;
  remote::slurm::Client client;
};

} // namespace attune::test
