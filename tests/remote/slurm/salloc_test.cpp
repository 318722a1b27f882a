// The salloc mode against the real Slurm of tests/cluster/loopback.sh.
#include "remote/slurm/salloc.h"
#include "tests/remote/slurm/slurm_host.h"

using namespace attune;
using namespace attune::remote::slurm;
using attune::test::outputOf;
using attune::test::SlurmHost;
using attune::test::within;

TEST_CASE("An allocation runs the job apart from the connection and is released by the wrapper") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobValues values;
  values.command = {"/bin/bash", "-c", "echo inside $SLURM_JOB_ID; until [ -e go ]; do sleep 0.1; done; exit 4"};
  values.release = true;
  values.requeue = false;
  const std::string token = host.stage(values);
  JobRequest both = SlurmHost::request();
  both.cards = 2;
  const Submission submission{token, ".attune/jobs/" + token, both};
  const auto allocation = allocate(host.runner, "loopback", submission);
  REQUIRE_MESSAGE(allocation.ok(), (allocation.ok() ? "" : allocation.error().text()));
  CHECK(allocation->granted);
  const JobKey job{token, allocation->id.job};
  CHECK(host.look(job).queue->state == "RUNNING");
  const Status started = startInside(host.runner, "loopback", submission, job.id);
  REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().text()));
  CHECK(host.logs(job, "inside " + job.id));

  const std::string second = host.stage("echo never"); // both cards are taken
  const auto waiting = allocate(host.runner, "loopback", {second, ".attune/jobs/" + second, both});
  REQUIRE_MESSAGE(waiting.ok(), (waiting.ok() ? "" : waiting.error().text()));
  CHECK(!waiting->granted);
  CHECK(host.look({second, waiting->id.job}).queue->state == "PENDING");
  CHECK(host.client.cancel({second, waiting->id.job}).ok());

  CHECK(host.cluster.act("drop")); // nothing of the job hangs on a connection
  std::ofstream(host.folder(token) + "/go") << "";
  CHECK(within(40, [&] { return host.look(job).exit.has_value(); }));
  CHECK(host.look(job).exit->code == 4);
  CHECK(within(40, [&] {
    const std::string state = host.look(job).queue->state;
    return state == "CANCELLED" || state == "COMPLETED";
  }));
}

TEST_CASE("A job is begun once in its allocation, which is given back when its srun ends in whatever way") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobValues values;
  values.command = {"/bin/bash", "-c", "echo begun; until [ -e go ]; do sleep 0.1; done"};
  values.requeue = false;
  const std::string token = host.stage(values);
  const Submission submission{token, ".attune/jobs/" + token, SlurmHost::request()};
  const auto allocation = allocate(host.runner, "loopback", submission);
  REQUIRE_MESSAGE(allocation.ok(), (allocation.ok() ? "" : allocation.error().text()));
  const JobKey job{token, allocation->id.job};
  for (int i = 0; i < 3; ++i) CHECK(startInside(host.runner, "loopback", submission, job.id).ok()); // as after answers that were lost
  CHECK(host.logs(job, "begun"));
  const std::string user = host.cluster.value("LB_SSH_USER");
  CHECK(outputOf("pgrep -c -u " + user + " -f '^[^ ]*bash -l run.sh'") == "1\n"); // another would train again when this one ends
  const std::string log = host.log(token);
  CHECK(log.find("@@attune start", log.find("@@attune start") + 1) == std::string::npos);
  outputOf("pkill -KILL -u " + user + " -x srun");
  CHECK(within(40, [&] {
    const auto look = host.look(job);
    return !look.queue || look.queue->state == "CANCELLED" || look.queue->state == "COMPLETED";
  }));
}

TEST_CASE("An allocation that is granted later begins its job by itself, and the scheduler's absence at its end holds nothing") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobRequest both = SlurmHost::request();
  both.cards = 2;
  const JobKey first = host.submit(host.stage("until [ -e go ]; do sleep 0.1; done"), both);
  REQUIRE(host.becomes(first, "RUNNING"));
  JobValues values;
  values.command = {"/bin/bash", "-c", "echo begun; until [ -e go ]; do sleep 0.1; done"};
  values.release = true;
  values.requeue = false;
  const std::string token = host.stage(values);
  const Submission submission{token, ".attune/jobs/" + token, both};
  const auto allocation = allocate(host.runner, "loopback", submission);
  REQUIRE_MESSAGE(allocation.ok(), (allocation.ok() ? "" : allocation.error().text()));
  CHECK(!allocation->granted);
  const JobKey job{token, allocation->id.job};
  CHECK(startInside(host.runner, "loopback", submission, job.id, Start::Seen).ok()); // nothing is begun, and nothing wrong
  std::ofstream(host.folder(first.token) + "/go") << "";
  CHECK(host.logs(job, "begun", 60));
  CHECK(host.cluster.act("down", "slurmctld"));
  std::ofstream(host.folder(token) + "/go") << "";
  CHECK(host.logs(job, "@@attune end", 60));
  CHECK(within(60, [&] { return outputOf("pgrep -x scancel").empty(); })); // the wrapper's and srun's met nobody
  CHECK(host.cluster.act("up", "slurmctld"));
  CHECK(within(180, [&] { return host.slurm("squeue -h").empty(); })); // once srun has heard of its step's end
}

TEST_CASE("An allocation that is given up while a wrapper of salloc dawdles does not come later") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const std::string salloc = host.cluster.value("LB_STATE") + "/bin/salloc";
  std::ofstream(salloc) << "#!/bin/bash\nsleep 25\n/usr/bin/salloc \"$@\"\n";
  outputOf("chmod 755 " + salloc);
  const std::string token = host.stage("echo never");
  const Submission submission{token, ".attune/jobs/" + token, SlurmHost::request()};
  CHECK(allocate(host.runner, "loopback", submission).error().fault == "SLURM-BUSY");
  CHECK(host.client.withdraw(submission).ok());
  std::this_thread::sleep_for(std::chrono::seconds(10)); // by now it would have called salloc
  CHECK(outputOf("pgrep -f '[a]" + token.substr(1) + "'").empty());
  CHECK(host.client.find(token)->empty());
}

TEST_CASE("A refused allocation says why") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const std::string token = host.stage("echo never");
  JobRequest asked = SlurmHost::request();
  asked.cards = 3;
  const auto refused = allocate(host.runner, "loopback", {token, ".attune/jobs/" + token, asked});
  REQUIRE(!refused.ok());
  CHECK(refused.error().fault == "REQ-GRES");
  CHECK(startInside(host.runner, "loopback", {token, ".attune/jobs/" + token, asked}, "999999").error().fault == "RUN-LAUNCH");
  CHECK(startInside(host.runner, "loopback", {token, ".attune/jobs/" + token, asked}, "1;x").error().where == "id");
}
