// What happens to a run when Slurm's daemons die, freeze and come back. The numbers are those of the fault list.
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;

namespace {

const char *const kShort = "echo hello; step 1; sleep 3; step 2; result; finish completed 2\n";

} // namespace

TEST_CASE("Fault 8: the controller freezes during sbatch; the one job is found by its token and never sent twice") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kShort);
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Submitting));
  REQUIRE(host.cluster.act("freeze", "slurmctld"));
  const bool unknown = soon(40, [&] { return run->job().phase == JobPhase::SubmitUnknown; });
  if (!unknown) MESSAGE("the submission came before the frost: " << api::jobPhaseName(run->job().phase));
  REQUIRE(host.cluster.act("thaw", "slurmctld"));
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 150));
  CHECK(run->job().result == "done");
  CHECK(host.jobs() == 1);
  CHECK(events->all<api::RunFinished>().size() == 1);
}

TEST_CASE("Fault 9: the controller forgets a fresh job and gives its number away; the other job is not taken for ours") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(RunHost::kTrainsOn);
  host.slurm("sbatch -p normal --gres=dcu:2 -o /dev/null --wrap 'sleep 300' 2>&1"); // ours waits
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return !run->job().id.empty(); }));
  REQUIRE(host.cluster.act("kill", "slurmctld"));
  REQUIRE(host.cluster.act("up", "slurmctld"));
  const api::ClusterJob job = run->job();
  if (!host.slurm("squeue -h -t all -o %j | grep " + job.token).empty()) {
    MESSAGE("the controller had saved its state in time: nothing was forgotten");
    return;
  }
  std::string alien;
  for (int i = 0; i < 3 && alien != job.id + "\n"; ++i)
    alien = host.slurm("sbatch --parsable -p normal -o /dev/null --wrap 'sleep 300' 2>/dev/null");
  CHECK(alien == job.id + "\n");
  run->requestCheckpoint(); // goes to nobody
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(25);
  CHECK(soon(40, [&] { return std::chrono::steady_clock::now() > until || run->job().phase == JobPhase::Running; }));
  CHECK(run->job().phase != JobPhase::Running);
  CHECK(events->warned("checkpoint_not_asked"));
  CHECK(RunHost::answerOf<std::string>([&](auto answer) { run->cancel(answer); }).error().fault == "JOB-GONE");
  CHECK(!host.slurm("squeue -h -j " + job.id + " -t running,pending -o %A").empty()); // the other one lives
}

TEST_CASE("Fault 10: the controller is away while the job ends; it is over when both words agree, with the right code") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; for i in $(seq 100); do [ -e go ] && break; sleep 0.1; done; step 2; echo 'attune: The disk is full.'; exit 7\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() == 1; }));
  REQUIRE(host.cluster.act("down", "slurmctld"));
  CHECK(soon(30, [&] { return std::filesystem::exists(run->job().remoteFolder + "/exit.json"); }));
  CHECK(events->all<api::StepMetrics>().size() <= 2);
  CHECK(!run->finished());
  CHECK(soon(20, [&] { return events->all<api::StepMetrics>().size() == 2; })); // the files go on meanwhile
  REQUIRE(host.cluster.act("up", "slurmctld"));
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 200));
  CHECK(run->job().result == "failed");
  CHECK(run->job().exitCode == 7);
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  REQUIRE(ends[0].error);
  CHECK(ends[0].error->message.find("code 7: The disk is full.") != std::string::npos);
}

TEST_CASE("Fault 11: munged is dead; the true cause is shown within a minute and the log goes on") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(RunHost::kTrainsOn);
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  REQUIRE(host.cluster.act("kill", "munged"));
  const size_t before = events->all<api::StepMetrics>().size();
  const bool told = soon(90, [&] { return run->job().problem && run->job().problem->fault == "SLURM-AUTH"; });
  CHECK(told);
  CHECK(events->all<api::StepMetrics>().size() > before + 100); // while the look at the scheduler hung
  REQUIRE(host.cluster.act("up", "munged"));
  CHECK(soon(150, [&] { return !run->job().problem; }));
  CHECK(RunHost::answerOf<std::string>([&](auto answer) { run->cancel(answer); }).ok());
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
  CHECK(run->job().result == "cancelled");
}

TEST_CASE("Fault 12: an urgent job takes the node; the run is requeued, resumes and stays one curve") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("n=$(ls run/checkpoints 2>/dev/null | sed 's/step-//' | sort -n | tail -n 1)\n"
                 "if [ -n \"$n\" ]; then e '{\"type\":\"resumed\",\"seq\":1,\"time\":1,\"from_step\":'$n',\"attempt\":2}'; fi\n"
                 "i=${n:-0}; trap 'checkpoint $i' USR1; trap 'checkpoint $i; finish stopped $i; exit 130' TERM\n"
                 "while [ $i -lt 3000 ] && [ ! -e go ]; do i=$((i+1)); step $i; sleep 0.1; done; result; finish completed $i\n");
  auto request = host.request();
  request.cluster->cards = 2;
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(request, events);
  CHECK(soon(60, [&] { return events->warned("one_card"); }));
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 10; }));
  host.slurm("sbatch -p urgent --gres=dcu:2 -t 2 -o /dev/null --wrap 'sleep 5' 2>&1");
  REQUIRE(soon(60, [&] { return run->job().attempt == 2; }));
  CHECK(events->warned("requeued"));
  REQUIRE(soon(240, [&] { return !events->all<api::Resumed>().empty(); })); // Slurm keeps it for two minutes
  std::ofstream(run->job().remoteFolder + "/go") << "";
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
  CHECK(run->job().result == "done");
  CHECK(events->all<api::RunFinished>().size() == 1); // the first attempt's end was none
  CHECK(textOf(run->folder() + "/log.txt") == host.remoteFile(run->job(), "run.log"));
  const auto current = api::currentEvents(api::eventsFromText(textOf(run->folder() + "/events.jsonl")));
  int64_t last = 0;
  for (const auto &event : current)
    if (const auto *step = std::get_if<api::StepMetrics>(&event.body)) {
      CHECK(step->step == last + 1);
      last = step->step;
    }
}

TEST_CASE("Fault 13: the node is lost; the run ends as that, and its files are whole though the old process went on writing") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("i=0; while [ $i -lt 900 ] && [ ! -e go ]; do i=$((i+1)); step $i; echo line $i; sleep 0.1; done; finish completed $i\n");
  auto request = host.request();
  request.cluster->requeue = false;
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(request, events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  REQUIRE(host.cluster.act("kill", "slurmd"));
  CHECK(soon(120, [&] { return run->job().reason == "NodeDown" || run->job().phase == JobPhase::Finishing || run->finished(); }));
  REQUIRE(host.cluster.act("up", "slurmd"));
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 240));
  CHECK(run->job().result == "node_lost");
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome == api::RunOutcome::Failed);
  const std::string here = textOf(run->folder() + "/log.txt");
  CHECK(host.remoteFile(run->job(), "run.log").compare(0, here.size(), here) == 0);
}

TEST_CASE("Fault 21: a short memory of the scheduler with sacct off, failing and on: the same end") {
  NEEDS_LOOPBACK(true);
  LoopbackOptions options;
  options.environment["LB_MINJOBAGE"] = std::string(1, '2');
  bool fails = false;
  SUBCASE("off") {}
  SUBCASE("failing") { fails = true; }
  SUBCASE("on") {
    if (!Loopback::hasAccounting()) {
      MESSAGE("skipped: the loopback cluster needs slurmdbd and mariadb-server for sacct");
      return;
    }
    options.environment["LB_SACCT"] = "1";
  }
  RunHost host(options);
  REQUIRE(host.cluster.started());
  if (fails) {
    const std::string sacct = host.cluster.value("LB_STATE") + "/bin/sacct";
    std::ofstream(sacct) << "#!/bin/sh\n[ \"$4\" = -o ] && exit 0\necho 'sacct: error: slurm_persist_conn_open' >&2\nexit 1\n";
    outputOf("chmod 755 " + sacct);
  }
  host.setWorker("step 1; exit 9\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 200));
  CHECK(run->job().result == "failed");
  CHECK(run->job().exitCode == 9);
  CHECK(events->all<api::RunFinished>().size() == 1);
}
