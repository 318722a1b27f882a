// What happens to a run when the line or the host fails. The numbers are those of the fault list.
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;
using api::LinkState;

namespace {

const char *const kSteps =
    "trap 'exit 130' TERM; for i in $(seq 1 3000); do [ -e go ] && break; step $i; sleep 0.1; done; result; finish completed $i\n";

void go(const api::ClusterRun &run) { std::ofstream(run.job().remoteFolder + "/go") << ""; }

} // namespace

TEST_CASE("Fault 2: sshd is gone for 20 s; the job goes on, the tries come slower and slower, and one connection comes back") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kSteps);
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  std::vector<api::ClusterLink> links;
  std::mutex mutex;
  const auto cluster = host.link();
  cluster->onLink([&](const api::ClusterLink &link) {
    const std::lock_guard<std::mutex> lock(mutex);
    links.push_back(link);
  });
  REQUIRE(host.cluster.act("kill", "sshd"));
  REQUIRE(host.cluster.act("drop"));
  REQUIRE(soon(30, [&] { return cluster->link().state == LinkState::Reconnecting; }));
  // Fault 22: what is asked for without a connection is refused, and not sent when there is one.
  CHECK(RunHost::answerOf<std::string>([&](auto answer) { run->cancel(answer); }).error().fault.rfind("NET-", 0) == 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  CHECK(soon(30, [&] { return std::chrono::steady_clock::now() > end; }));
  REQUIRE(host.cluster.act("up", "sshd"));
  const size_t before = events->all<api::StepMetrics>().size();
  REQUIRE(soon(60, [&] { return cluster->link().state == LinkState::Online; }));
  CHECK(soon(20, [&] { return events->all<api::StepMetrics>().size() > before + 50; })); // what was missed comes
  cluster->onLink({});
  size_t refused = 0, online = 0;
  for (const auto &link : links) {
    refused += link.failed && link.error.fault == "NET-REFUSED" ? 1 : 0;
    online += link.state == LinkState::Online ? 1 : 0;
  }
  CHECK(refused >= 3);
  CHECK(refused <= 7);
  CHECK(online == 1);
  go(*run);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(run->job().result == "done");
  CHECK(textOf(run->folder() + "/log.txt") == host.remoteFile(run->job(), "run.log"));
}

TEST_CASE("Fault 3: the line goes silent without an end; it is told within 45 s, and nothing hangs at the quit") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kSteps);
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  const auto cluster = host.link();
  REQUIRE(host.cluster.act("stall"));
  const auto frozen = std::chrono::steady_clock::now();
  CHECK(soon(45, [&] { return cluster->link().state == LinkState::Degraded; }));
  CHECK(soon(45, [&] { return cluster->link().state == LinkState::Reconnecting || cluster->link().state == LinkState::Connecting; }));
  MESSAGE("given up after " << std::chrono::duration<double>(std::chrono::steady_clock::now() - frozen).count() << " s");
  REQUIRE(soon(60, [&] { return cluster->link().state == LinkState::Online; })); // sshd's listener is well
  const size_t before = events->all<api::StepMetrics>().size();
  CHECK(soon(20, [&] { return events->all<api::StepMetrics>().size() > before; }));
  REQUIRE(host.cluster.act("stall"));
  const auto quit = std::chrono::steady_clock::now();
  run.reset();
  host.close();
  CHECK(std::chrono::steady_clock::now() - quit < std::chrono::seconds(8));
  REQUIRE(host.cluster.act("unstall"));
}

TEST_CASE("Fault 4: another host key at the reconnect is refused; nobody is asked and nothing is written") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kSteps);
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  const auto cluster = host.link();
  REQUIRE(host.cluster.act("rekey"));
  REQUIRE(host.cluster.act("drop"));
  REQUIRE(soon(60, [&] { return cluster->link().state == LinkState::NeedsUser; }));
  CHECK(cluster->link().error.fault == "KEY-CHANGED");
  CHECK(cluster->link().error.hint.find("SHA256:") != std::string::npos);
  CHECK(host.prompts.keys.empty());
  CHECK(textOf(host.home.path() + "/.ssh/known_hosts") == textOf(host.cluster.value("LB_KNOWN_HOSTS")));
  CHECK(!std::filesystem::exists(host.workspace.path() + "/known_hosts"));
  CHECK(!run->finished());
  // A page's request is answered with the true cause.
  const auto asked = RunHost::answerOf<api::ClusterFiles>([&](auto answer) { cluster->list("", answer); });
  CHECK(asked.error().fault == "KEY-CHANGED");
}

TEST_CASE("Fault 6: key and code; a wrong code is tried once, and after a drop nobody is asked by itself") {
  NEEDS_LOOPBACK(true);
  LoopbackOptions options;
  options.secondFactor = true;
  RunHost host(options);
  REQUIRE(host.cluster.started());
  host.prompts.answers = {"wrong"};
  const auto cluster = host.link();
  cluster->connect();
  REQUIRE(soon(30, [&] { return cluster->link().state == LinkState::NeedsUser && cluster->link().failed; }));
  CHECK(cluster->link().error.fault.rfind("AUTH-", 0) == 0);
  size_t asked = host.prompts.rounds.size();
  CHECK(asked >= 1);
  host.prompts.answers = {Loopback::kPassword};
  cluster->connect();
  REQUIRE(soon(30, [&] { return cluster->link().state == LinkState::Online; }));
  CHECK(host.prompts.rounds.back().host == "127.0.0.1");
  asked = host.prompts.rounds.size();
  REQUIRE(host.cluster.act("drop"));
  REQUIRE(soon(30, [&] { return cluster->link().state == LinkState::NeedsUser; }));
  CHECK(cluster->link().error.fault == "AUTH-NEEDS-CODE");
  CHECK(host.prompts.rounds.size() == asked);
  for (const std::string &place : {host.workspace.path(), host.home.path()})
    CHECK(outputOf("grep -r " + std::string(Loopback::kPassword) + " " + place).empty());
  cluster->disconnect();
  CHECK(soon(10, [&] { return cluster->link().state == LinkState::Offline; }));
}
