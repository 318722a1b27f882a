// How little of the cluster's login node is used, whatever is followed. For a minute and three runs; by hand for as long as wanted:
// ATTUNE_POLITE_MINUTES=60 ATTUNE_POLITE_RUNS=20 build/bin/attune_remote_tests -tc='Fault 25*'
#include "tests/remote/run/run_host.h"

#include <cstdlib>

using namespace attune;
using namespace attune::test;
using api::JobPhase;

namespace {

int setting(const char *name, int otherwise) {
  const char *given = std::getenv(name);
  return given ? std::atoi(given) : otherwise;
}

int count(const std::string &command) { return std::atoi(outputOf(command).c_str()); }

/// Each of the scheduler's commands leaves a line when it is called.
std::string countCommands(const RunHost &host) {
  const std::string bin = host.cluster.value("LB_STATE") + "/bin/", calls = host.cluster.value("LB_HOME") + "/calls";
  for (const char *name : {"squeue", "sinfo", "sacct", "scontrol"})
    std::ofstream(bin + name) << "#!/bin/sh\necho " << name << " >>" << calls << "\nexec /usr/bin/" << name << " \"$@\"\n";
  outputOf("chmod 755 " + bin + "*; touch " + calls + "; chmod 666 " + calls);
  return calls;
}

} // namespace

TEST_CASE("Fault 25: one connection, few channels, few commands, nothing left behind; MaxSessions 1 and MaxStartups 1 work as well") {
  NEEDS_LOOPBACK(true);
  LoopbackOptions options;
  SUBCASE("as usual") {}
  SUBCASE("no SFTP") { options.sshdLines = kNoSftp; }
  SUBCASE("one channel at a time") { options.sshdLines = "MaxSessions 1\nMaxStartups 1"; }
  RunHost host(options);
  REQUIRE(host.cluster.started());
  host.setWorker("trap 'exit 130' TERM; i=0; until [ -e go ]; do i=$((i+1)); step $i; sleep 0.5; done; result; finish completed $i\n");
  const std::string calls = countCommands(host);
  const int minutes = setting("ATTUNE_POLITE_MINUTES", 1), wanted = setting("ATTUNE_POLITE_RUNS", 3);
  auto request = host.request();
  request.cluster->partition = "normal";
  request.cluster->gres.clear();
  request.cluster->cards = 0;
  request.cluster->cores = 1;
  request.cluster->memory = 64;
  request.cluster->minutes = minutes + 30;
  std::vector<std::shared_ptr<KeptEvents>> events;
  std::vector<std::shared_ptr<api::ClusterRun>> runs;
  for (int i = 0; i < wanted; ++i) {
    events.push_back(std::make_shared<KeptEvents>());
    runs.push_back(host.start(request, events.back()));
  }
  for (const auto &one : events) REQUIRE(soon(60 + 15 * wanted, [&] { return one->all<api::StepMetrics>().size() > 3; }));
  const auto settled = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  CHECK(soon(60, [&] { return std::chrono::steady_clock::now() > settled; })); // over the quick looks after the submission
  std::ofstream(calls, std::ios::trunc).flush();
  const std::string user = host.cluster.value("LB_SSH_USER"), port = std::to_string(host.profile.port);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(minutes);
  int connections = 0, channels = 0;
  CHECK(soon(60 * minutes + 30, [&] {
    connections = std::max(connections, count("ss -Htn state established 'sport = :" + port + "' | wc -l"));
    // What a session has started: a command's shell each; SFTP is served by the session itself.
    channels = std::max(channels, count("for p in $(pgrep -u " + user + " -f '^sshd: " + user + "'); do pgrep -P $p; done | wc -l"));
    return std::chrono::steady_clock::now() > until;
  }));
  CHECK(connections == 1);
  CHECK(channels <= 4);
  const std::string counted = textOf(calls);
  const auto commands = std::count(counted.begin(), counted.end(), '\n');
  MESSAGE(commands << " commands of the scheduler in " << minutes << " minutes for " << wanted << " runs, at most " << channels
                   << " at once, " << connections << " connection");
  CHECK(commands <= 6 * minutes);
  for (const auto &run : runs) std::ofstream(run->job().remoteFolder + "/go") << "";
  for (size_t i = 0; i < runs.size(); ++i) {
    REQUIRE(RunHost::reaches(*runs[i], JobPhase::Over, 90 + 10 * wanted));
    CHECK(runs[i]->job().result == "done");
    CHECK(runs[i]->job().fetched);
    const auto steps = static_cast<size_t>(count("grep -c '\"type\":\"step\"' " + runs[i]->job().remoteFolder + "/run/events.jsonl"));
    CHECK(events[i]->all<api::StepMetrics>().size() == steps);
  }
  CHECK(host.jobs() == wanted);
  runs.clear();
  host.close();
  CHECK(soon(30, [&] { return count("pgrep -u " + user + " | wc -l") == 0; })); // nothing of ours on the login node
}
