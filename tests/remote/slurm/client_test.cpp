// The client against the real Slurm of tests/cluster/loopback.sh.
#include "tests/remote/slurm/slurm_host.h"

using namespace attune;
using namespace attune::remote::slurm;
using attune::test::LoopbackOptions;
using attune::test::SlurmHost;
using attune::test::within;

namespace {

// Not a shell: that cannot trap a signal which it was started with as ignored.
const char *const kTrainer =
    "exec perl -e '$| = 1; $SIG{USR1} = sub { open F, \">checkpoint\"; print \"saved\\n\" }; $SIG{TERM} = sub { open F, \">checkpoint\";"
    " print \"stopping\\n\"; exit 130 }; print \"ready\\n\"; select(undef, undef, undef, 0.05) while 1'";

std::string faultOf(const Result<JobId> &result) { return result.ok() ? "none" : result.error().fault; }

} // namespace

TEST_CASE("A cluster tells its partitions, cards, versions and whether sacct works") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const auto found = host.client.probe();
  REQUIRE_MESSAGE(found.ok(), (found.ok() ? "" : found.error().text()));
  CHECK(found->version.find("slurm") == 0);
  CHECK(!found->accounting);
  CHECK(found->minJobAge == 300);
  CHECK(found->messageTimeout == 10);
  CHECK(found->whichPartition.find("kshdtest\n") != std::string::npos);
  REQUIRE(found->partitions.size() == 4);
  CHECK(found->partitions[0].name == "kshdtest");
  CHECK(found->partitions[0].limitMinutes == 5);
  CHECK(found->partitions[0].freeCards.at("dcu") == 2);
  CHECK(found->partitions[0].coresPerNode == 64);
  CHECK(!found->partitions[3].up);

  JobRequest over = SlurmHost::request(); // accepted by Slurm, then pending for ever
  over.minutes = 100;
  CHECK(checkRequest(over, found->partitions).error().where == "minutes");
  over = SlurmHost::request();
  over.partition = "closed";
  CHECK(checkRequest(over, found->partitions).error().where == "partition");
  over = SlurmHost::request();
  over.cards = 3;
  CHECK(checkRequest(over, found->partitions).error().where == "cards");
  over = SlurmHost::request();
  over.cores = 100;
  CHECK(checkRequest(over, found->partitions).error().where == "cores");
  CHECK(checkRequest(SlurmHost::request(), found->partitions).ok());

  const std::string token = host.stage("exit 0"); // Slurm's own refusals, where the check was not asked
  over = SlurmHost::request();
  over.cards = 3;
  CHECK(faultOf(host.client.submit({token, ".attune/jobs/" + token, over})) == "REQ-GRES");
  over.gres = "gpu";
  CHECK(faultOf(host.client.submit({token, ".attune/jobs/" + token, over})) == "REQ-GRES");
  over = SlurmHost::request();
  over.partition = "nowhere";
  CHECK(faultOf(host.client.submit({token, ".attune/jobs/" + token, over})) == "REQ-PARTITION");
  CHECK(faultOf(host.client.submit({token, ".attune/jobs/nowhere", SlurmHost::request()})) == "RUN-LAUNCH");
  const auto none = host.client.find(host.stage("exit 0"));
  REQUIRE_MESSAGE(none.ok(), (none.ok() ? "" : none.error().text()));
  CHECK(none->empty());
}

TEST_CASE("Jobs run to their end, with their codes from the queue and from exit.json, in one look") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const JobKey fine = host.submit(host.stage("mkdir out; echo abc >out/adapter; echo trained on $SLURM_JOB_ID"));
  const JobKey failing = host.submit(host.stage("exit 7"));
  CHECK(host.becomes(fine, "COMPLETED"));
  CHECK(host.becomes(failing, "FAILED"));
  const auto looks = host.client.look({fine, failing}, false);
  REQUIRE(looks.ok());
  REQUIRE(looks->size() == 2);
  REQUIRE((*looks)[0].exit);
  CHECK((*looks)[0].exit->code == 0);
  CHECK((*looks)[0].exit->logSize == host.log(fine.token).size());
  CHECK((*looks)[1].exit->code == 7);
  CHECK((*looks)[1].queue->reason == "NonZeroExitCode");
  CHECK(host.log(fine.token).find("trained on " + fine.id + "\n") != std::string::npos);
  CHECK(host.client.find(fine.token)->size() == 1);

  std::ofstream(host.folder(fine.token) + "/exit.json") << "{\"rc\":0}"; // one that nobody wrote
  CHECK(!host.look(fine).exit);
  CHECK(host.look(fine).exitProblem.find("exit.json#token") != std::string::npos);
  const auto record = parseJobRecord(host.slurm("scontrol -o show job " + failing.id), failing.token);
  REQUIRE(record.ok());
  CHECK(record->at("ExitCode") == "7:0");
}

TEST_CASE("Cancel, hold, release and checkpoint now, each seen in the state") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobRequest both = SlurmHost::request();
  both.cards = 2;
  const JobKey running = host.submit(host.stage(kTrainer), both);
  REQUIRE(host.logs(running, "ready"));
  const JobKey waiting = host.submit(host.stage("echo never"), both);
  REQUIRE(host.client.hold(waiting).ok());
  CHECK(within(20, [&] { return host.look(waiting).queue->reason == "JobHeldUser"; }));
  REQUIRE(host.client.release(waiting).ok());
  CHECK(within(20, [&] { return host.look(waiting).queue->reason != "JobHeldUser"; }));
  CHECK(host.client.checkpoint(waiting).error().fault == "JOB-WAITING");
  REQUIRE(host.client.checkpoint(running).ok());
  CHECK(host.logs(running, "saved"));
  CHECK(host.look(running).queue->state == "RUNNING");

  const auto gone = host.client.cancel(waiting);
  REQUIRE(gone.ok());
  CHECK(*gone == "CANCELLED");
  CHECK(host.log(waiting.token) == "");
  const auto ended = host.client.cancel(running);
  REQUIRE_MESSAGE(ended.ok(), (ended.ok() ? "" : ended.error().text()));
  CHECK(host.becomes(running, "CANCELLED"));
  CHECK(host.logs(running, "stopping"));
  const bool spoke = within(20, [&] { return host.look(running).exit.has_value(); });
  REQUIRE_MESSAGE(spoke, host.log(running.token));
  CHECK(host.look(running).exit->stop == "term");
  CHECK(host.client.cancel(running).ok()); // twice does no harm

  const JobKey alien{waiting.token, running.id}; // an id that is another job's now
  CHECK(host.client.cancel(alien).error().fault == "JOB-GONE");
  CHECK(host.client.cancel({"attune-zz", "1"}).error().where == "token");
  CHECK(host.client.cancel({waiting.token, "1; touch canary"}).error().where == "id");
}

TEST_CASE("A requeued job goes on from its checkpoint as attempt 2") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobValues values;
  values.command = {"/bin/bash", "-c", kTrainer};
  values.resume = {"/bin/bash", "-c", "echo resumed; exit 0"};
  values.resumeNeeds = "checkpoint";
  const JobKey job = host.submit(host.stage(values));
  REQUIRE(host.logs(job, "ready"));
  host.slurm("scancel -b -s USR2 " + job.id); // as --signal does near the time limit
  REQUIRE(host.logs(job, "@@attune requeue " + job.token));
  CHECK(within(40, [&] { return host.look(job).queue->state == "PENDING" && host.look(job).queue->reason == "BeginTime"; }));
  CHECK(!host.look(job).exit);
  host.slurm("scontrol update JobId=" + job.id + " StartTime=now"); // else it waits for 2 minutes
  CHECK(host.becomes(job, "COMPLETED", 60));
  CHECK(host.logs(job, "resumed"));
  CHECK(host.log(job.token).find("ready") < host.log(job.token).find("resumed")); // appended
  REQUIRE(host.look(job).exit);
  CHECK(host.look(job).exit->attempt == 2);
  CHECK(host.look(job).exit->code == 0);
}

TEST_CASE("Slurm warns the wrapper before the time limit; the checkpoint is there") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobValues values;
  values.command = {"/bin/bash", "-c", kTrainer};
  values.requeue = false;
  JobRequest minute = SlurmHost::request();
  minute.minutes = 1;
  minute.requeue = false;
  const JobKey job = host.submit(host.stage(values), minute);
  REQUIRE(host.logs(job, "ready"));
  CHECK(host.logs(job, "stopping", 90));
  CHECK(within(60, [&] { return host.look(job).exit.has_value(); }));
  CHECK(host.look(job).exit->stop == "limit");
  CHECK(std::filesystem::exists(host.folder(job.token) + "/checkpoint"));
}

TEST_CASE("A submission that timed out is found by its token, once") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const std::string token = host.stage("echo ran");
  REQUIRE(host.cluster.act("freeze", "slurmctld"));
  const auto id = host.client.submit({token, ".attune/jobs/" + token, SlurmHost::request()});
  CHECK(faultOf(id) == "SLURM-BUSY");
  REQUIRE(host.cluster.act("thaw", "slurmctld"));
  std::vector<JobId> found;
  CHECK(within(40, [&] {
    const auto ids = host.client.find(token);
    if (ids.ok()) found = *ids;
    return !found.empty();
  }));
  REQUIRE(found.size() == 1);
  CHECK(host.becomes({token, found[0].job}, "COMPLETED"));
  CHECK(host.client.find(token)->size() == 1);
}

TEST_CASE("A scheduler that is down says so, and the job goes on") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const JobKey job = host.submit(host.stage(kTrainer));
  REQUIRE(host.logs(job, "ready"));
  REQUIRE(host.cluster.act("down", "slurmctld"));
  const auto looks = host.client.look({job}, false);
  REQUIRE(!looks.ok());
  CHECK(looks.error().fault == "SLURM-DOWN");
  REQUIRE(host.cluster.act("up", "slurmctld"));
  CHECK(host.becomes(job, "RUNNING"));
}

TEST_CASE("Other jobs' hostile names change nothing in ours") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const JobKey job = host.submit(host.stage(kTrainer));
  REQUIRE(host.logs(job, "ready"));
  const std::string forged = "x\n" + job.id + "|COMPLETED|None|a|b|c|d|e|f|" + job.token + "\n\xff\xfe";
  const std::string script = host.cluster.file("hostile.sh");
  std::ofstream(script) << "#!/bin/sh\ntrue\n";
  host.slurm("sbatch -D / -o /dev/null -J " + shellWord(forged) + " " + script);
  remote::Command hostile;
  hostile.script = "printf '#!/bin/sh\\nsleep 60\\n' >h.sh; sbatch -o /dev/null -J \"$(printf \"x\\n$1|COMPLETED|$2\\n\\377\")\" h.sh >&2;"
                   "sbatch -o /dev/null -J \"$2,x\" h.sh >&2; squeue -h -t all -o %i | wc -l";
  hostile.arguments = {job.id, job.token};
  const auto sent = host.runner.run(hostile);
  REQUIRE(sent.ok());
  CHECK(sent->out.find("4") != std::string::npos);
  CHECK(host.look(job).queue->state == "RUNNING");
  CHECK(host.client.find(job.token)->size() == 1);
  CHECK(host.client.probe().ok());
}

TEST_CASE("A log folder that is gone ends the job as a launch failure, without a last word") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  JobRequest both = SlurmHost::request();
  both.cards = 2;
  const JobKey first = host.submit(host.stage(kTrainer), both);
  REQUIRE(host.logs(first, "ready"));
  const JobKey job = host.submit(host.stage("echo never"), both);
  std::filesystem::remove_all(host.folder(job.token));
  REQUIRE(host.client.cancel(first).ok());
  CHECK(within(60, [&] {
    const auto row = host.look(job).queue;
    return row && row->state == "FAILED";
  }));
  CHECK(host.look(job).queue->reason == "JobLaunchFailure");
  CHECK(!host.look(job).exit);
}

TEST_CASE("Without sacct, a job that the queue has forgotten is known by its exit.json alone") {
  NEEDS_LOOPBACK(true);
  LoopbackOptions options;
  options.environment["LB_MINJOBAGE"] = "2";
  SlurmHost host(options);
  REQUIRE(host.cluster.started());
  const JobKey job = host.submit(host.stage("exit 9"));
  CHECK(within(90, [&] { return !host.look(job).queue && host.look(job).exit; }));
  const JobLook look = host.look(job, true);
  CHECK(!look.account);
  REQUIRE(look.exit);
  CHECK(look.exit->code == 9);
  CHECK(host.client.find(job.token)->front().job == job.id); // by the job's own log
  CHECK(host.client.cancel(job).error().fault == "JOB-GONE");
}

TEST_CASE("A submission that was given up ends at once when Slurm takes it late, unless it is taken after all") {
  NEEDS_LOOPBACK(true);
  SlurmHost host;
  REQUIRE(host.cluster.started());
  const std::string script = "echo trained >trained";
  const std::string late = host.stage(script), taken = host.stage(script);
  const auto withdraw = [&](const std::string &token, bool again) {
    return host.client.withdraw({token, ".attune/jobs/" + token, host.request()}, again).ok();
  };
  REQUIRE(withdraw(late, false));
  REQUIRE(withdraw(taken, false));
  REQUIRE(withdraw(taken, true));
  const JobKey first = host.submit(late), second = host.submit(taken);
  CHECK(within(60, [&] { return std::filesystem::exists(host.folder(second.token) + "/trained"); }));
  CHECK(within(60, [&] { return host.look(first).queue && host.look(first).queue->state == "FAILED"; }));
  CHECK(!std::filesystem::exists(host.folder(first.token) + "/trained"));
  CHECK(!host.look(first).exit);
}

TEST_CASE("With sacct, what the queue has forgotten is known by it") {
  NEEDS_LOOPBACK(true);
  if (!attune::test::Loopback::hasAccounting()) {
    MESSAGE("skipped: the loopback cluster needs slurmdbd and mariadb-server for sacct");
    return;
  }
  LoopbackOptions options;
  options.environment["LB_MINJOBAGE"] = "2";
  options.environment["LB_SACCT"] = "1";
  SlurmHost host(options);
  REQUIRE(host.cluster.started());
  CHECK(host.client.probe()->accounting);
  const JobKey job = host.submit(host.stage("exit 9"));
  CHECK(within(90, [&] { return !host.look(job).queue && host.look(job).exit; }));
  std::filesystem::remove_all(host.folder(job.token));
  CHECK(within(60, [&] { return host.look(job, true).account.has_value(); }));
  const JobLook look = host.look(job, true);
  REQUIRE(look.account);
  CHECK(look.account->state == "FAILED");
  CHECK(look.account->exitCode == 9);
  CHECK(look.account->id.job == job.id);
  CHECK(host.client.find(job.token)->size() == 1);
}
