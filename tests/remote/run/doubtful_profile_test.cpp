// Profiles whose training program or environment script is not as a job needs it: told before the submission, and at the end by name.
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;

namespace {

std::string warningOf(const KeptEvents &events, const std::string &code) {
  for (const auto &warning : events.all<api::RunWarning>())
    if (warning.code == code) return warning.message;
  return "";
}

/// The profile as it is now, in place of the stored one.
void use(RunHost &host, const std::string &worker, const std::string &script) {
  host.close();
  host.profile.worker = worker;
  host.profile.environmentScript = host.cluster.value("LB_HOME") + "/env.sh";
  std::ofstream(host.profile.environmentScript) << script;
  host.open();
}

} // namespace

TEST_CASE("A training program that is named and not found is told before the job is submitted") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  use(host, "atune", "set -eu\nset a=1\nexport PATH=/usr/bin:/bin:$PATH\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return !run->job().id.empty() || run->finished(); }));
  const std::string told = warningOf(*events, "worker_not_found");
  CAPTURE(told);
  CHECK(told.find("\"atune\"") != std::string::npos);
  CHECK(told.find("profile") != std::string::npos);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90)); // nodes may differ: it is tried all the same
  CHECK(run->job().result == "failed");
  CHECK(events->all<api::RunFinished>().at(0).error->message == "The training program was not found on the node.");
}

TEST_CASE("A training program that the environment script puts on the PATH is found, and nothing is told") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; finish completed 1\n");
  use(host, "worker", "export PATH=" + host.cluster.value("LB_HOME") + ":$PATH\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(run->job().result == "done");
  CHECK(events->all<api::RunWarning>().empty());
}

TEST_CASE("An environment script that ends the shell is named, before the submission and at the end") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  use(host, "attune", "exit 0\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  const std::string told = warningOf(*events, "environment_exits");
  CAPTURE(told);
  CHECK(told.find(host.profile.environmentScript) != std::string::npos);
  CHECK(told.find("return") != std::string::npos);
  const auto end = events->all<api::RunFinished>().at(0);
  CAPTURE(end.error->message);
  CHECK(end.error->message.find("The environment script " + host.profile.environmentScript) == 0);
  CHECK(end.error->message.find("ended the shell") != std::string::npos);
  CHECK(end.error->hint.find("exit") != std::string::npos);
}

TEST_CASE("A login shell that ends before any command is told, and the run does not wait for ever") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  std::ofstream(host.cluster.value("LB_HOME") + "/.bash_profile") << "exit 1\n";
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  REQUIRE(run->job().problem);
  CHECK(run->job().problem->fault == "CMD-BROKEN");
}

TEST_CASE("Slurm's variables in start-up files hide no job, and leave nothing held") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; while [ ! -e go ]; do sleep 0.2; done; finish completed 1\n");
  std::ofstream(host.cluster.value("LB_HOME") + "/.bash_profile", std::ios::app)
      << "export SQUEUE_PARTITION=urgent SQUEUE_STATES=PENDING SCANCEL_STATE=PENDING SCANCEL_PARTITION=urgent SINFO_PARTITION=urgent "
         "SBATCH_WAIT=1 SBATCH_ARRAY_INX=0-3\n";
  auto request = host.request();
  SUBCASE("sbatch") {}
  SUBCASE("salloc") { request.cluster->mode = api::SubmitMode::Salloc; }
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(request, events);
  REQUIRE(soon(60, [&] { return !events->all<api::StepMetrics>().empty(); }));
  REQUIRE(RunHost::reaches(*run, JobPhase::Running, 30));
  CHECK(host.jobs() == 1);
  std::ofstream(run->job().remoteFolder + "/go") << "";
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 60));
  CHECK(run->job().result == "done");
  CHECK(soon(20, [&] { return host.slurm("squeue -h").empty(); }));
}
