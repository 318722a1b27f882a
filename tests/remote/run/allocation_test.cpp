// Runs in an allocation of salloc whose start or end goes wrong, on the real Slurm of tests/cluster.
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;

namespace {

/// A command of the site's own in place of Slurm's.
void replaceCommand(const std::string &state, const std::string &name, const std::string &script) {
  const std::string path = state + "/bin/" + name;
  std::ofstream(path) << "#!/bin/bash\n" << script;
  outputOf("chmod 755 " + path);
}

} // namespace

TEST_CASE("An allocation in which nothing can be started is given back at once, and the run says why") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  replaceCommand(host.cluster.value("LB_STATE"), "srun", "echo 'srun: error: Unable to create step: no such thing' >&2\nexit 1\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 60));
  CHECK(run->job().result == "launch_failed");
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome == api::RunOutcome::Failed);
  REQUIRE(ends[0].error);
  CHECK(ends[0].error->message.find("Unable to create step") != std::string::npos);
  CHECK(soon(20, [&] { return host.slurm("squeue -h").empty(); }));
}

TEST_CASE("A run whose srun dies with its training is told to have ended, not to run") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("i=0; while :; do i=$((i+1)); step $i; sleep 0.2; done\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  outputOf("pkill -KILL -u " + host.cluster.value("LB_SSH_USER") + " -x srun");
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 120));
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome != api::RunOutcome::Completed);
  REQUIRE(ends[0].error); // of the allocation, or of the training's signal where run.sh outlived it
  CHECK(host.slurm("squeue -h").empty());
}

TEST_CASE("An allocation in which nothing runs any more is given back, though its srun went with the login node") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("i=0; while :; do i=$((i+1)); step $i; sleep 0.2; done\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  const std::string kill = "pkill -KILL -u " + host.cluster.value("LB_SSH_USER");
  outputOf(kill + " -f 'mkdir started'"); // whoever would have ended the allocation; then all the rest
  outputOf(kill + " -x srun; " + kill + " -f 'bash -l run.sh'; " + kill + " -f '" + host.cluster.value("LB_HOME") + "/worker'");
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 180));
  CHECK(host.slurm("squeue -h").empty());
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome != api::RunOutcome::Completed);
  REQUIRE(ends[0].error);
}

TEST_CASE("An allocation that salloc grants without our knowing the words is found by its name and used") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; finish completed 1\n");
  std::string script = "exec /usr/bin/salloc -Q \"$@\"\n";
  SUBCASE("quiet") {}
  SUBCASE("in other words") { script = "exec /usr/bin/salloc \"$@\" 2> >(sed 's/Granted/Here is your/' >&2)\n"; }
  replaceCommand(host.cluster.value("LB_STATE"), "salloc", script);
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 120));
  CHECK(run->job().result == "done");
  CHECK(host.jobs() == 1);
  CHECK(soon(20, [&] { return host.slurm("squeue -h").empty(); }));
}

TEST_CASE("An allocation by salloc: run.sh inside it, the result at home, the allocation given back") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("echo hello; step 1; sleep 3; step 2; result; finish completed 2\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 120));
  CHECK(run->job().result == "done");
  CHECK(run->job().fetched);
  CHECK(soon(20, [&] { return host.slurm("squeue -h").empty(); }));
}

TEST_CASE("An allocation that a login node meant to begin before it went is given back") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("echo never\n");
  // What is left of the other node: its mark. Its shell is gone before srun.
  replaceCommand(host.cluster.value("LB_STATE"), "srun", "echo othernode 4711 >started/by; kill -KILL $PPID\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.held(), events);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 240));
  CHECK(host.slurm("squeue -h").empty());
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome == api::RunOutcome::Stopped);
  REQUIRE(ends[0].error);
  CHECK(ends[0].error->message.find("given back") != std::string::npos);
}
