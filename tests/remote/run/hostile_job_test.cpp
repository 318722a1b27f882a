// What a job, its files and Slurm's answers may be without any fault of the line: the run ends, well or with the true cause.
#include "remote/run/job_journal.h"
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;

namespace {

const std::string kAdapter = "/adapter/adapter_model.safetensors";

/// In place of one of Slurm's programs.
void replaceProgram(const RunHost &host, const std::string &name, const std::string &lines) {
  const std::string path = host.cluster.value("LB_STATE") + "/bin/" + name;
  std::ofstream(path) << "#!/bin/sh\n" << lines;
  outputOf("chmod 755 " + path);
}

Status fetchAgain(const std::shared_ptr<api::ClusterRun> &run) {
  const auto done = RunHost::answerOf<void>([&](auto answer) { run->fetch(api::FetchWhat::Result, {}, {}, answer); });
  return done.ok() ? Status() : Status(done.error());
}

} // namespace

TEST_CASE("Whatever sbatch answers, a job that Slurm has taken is found by its name and never called refused") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; finish completed 1\n");
  std::string answer;
  SUBCASE("an error of the line") { answer = "echo 'sbatch: error: Transport endpoint is not connected' >&2; exit 1"; }
  SUBCASE("killed after it") { answer = "exit 137"; }
  SUBCASE("more than a number") { answer = "echo 'Submitted; have a nice day'; exit 0"; }
  SUBCASE("a command in place of a number") { answer = "echo '1;rm -rf ~'; exit 0"; }
  SUBCASE("an error of its own") { answer = "echo 'sbatch: error: Batch job submission failed: Whatever' >&2; exit 1"; }
  replaceProgram(host, "sbatch",
                 "case $* in *--version*) exec /usr/bin/sbatch \"$@\" ;; esac\n/usr/bin/sbatch \"$@\" >/dev/null\n" + answer + "\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(run->job().result == "done");
  CHECK(run->job().fetched);
  CHECK(host.jobs() == 1);
}

TEST_CASE("What a job leaves behind is not believed before it is looked at, and the run ends all the same") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  auto events = std::make_shared<KeptEvents>();
  SUBCASE("a pipe in place of a file") {
    host.setWorker("step 1; result; rm run/run.json; mkfifo run/run.json; finish completed 1\n");
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
    CHECK(!run->job().fetched);
    CHECK(events->warned("fetch_failed"));
    CHECK(fetchAgain(run).error().fault == "FILE-FAILED");
  }
  SUBCASE("a process that goes on writing into the log") {
    host.setWorker(
        "(trap '' TERM HUP; exec 9>&-; for i in $(seq 1200); do echo still here; sleep 0.1; done) & step 1; result; finish completed 1\n");
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 110));
    CHECK(run->job().result == "done");
  }
  SUBCASE("weights that are none") {
    host.setWorker("step 1; result; echo these are no weights >run" + kAdapter + "; finish completed 1\n");
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
    CHECK(!run->job().fetched);
    for (int i = 0; i < 2; ++i) { // however often
      CHECK(fetchAgain(run).error().code == ErrorCode::MalformedFile);
      CHECK(!std::filesystem::exists(run->folder() + kAdapter));
      CHECK(textOf(run->folder() + kAdapter + ".damaged") == "these are no weights\n");
    }
  }
  SUBCASE("completed, says the training, and ends with an error") {
    host.setWorker("step 1; result; finish completed 1; exit 3\n");
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
    CHECK(run->job().result == "failed");
    const auto ends = events->all<api::RunFinished>();
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].outcome == api::RunOutcome::Failed);
  }
}

TEST_CASE("A line of events that is too long, and a last word that is too long, are told once, and the run ends well") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  const std::string script = host.cluster.value("LB_HOME") + "/env.sh";
  auto events = std::make_shared<KeptEvents>();
  const auto warnings = [&](const std::string &code) {
    const auto all = events->all<api::RunWarning>();
    return std::count_if(all.begin(), all.end(), [&](const auto &warning) { return warning.code == code; });
  };
  SUBCASE("events") {
    host.setWorker("step 1; head -c 9000000 /dev/zero | tr '\\0' x >>run/events.jsonl; sleep 6; echo >>run/events.jsonl; step 2; result; "
                   "finish completed 2\n");
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
    CHECK(run->job().result == "done");
    CHECK(run->job().fetched);
    CHECK(warnings("events_unreadable") == 1);
    CHECK(textOf(run->folder() + "/events.jsonl").find(run->job().remoteFolder + "/run/events.jsonl") != std::string::npos);
  }
  SUBCASE("exit.json") { // as of a result with very many files
    host.setWorker("step 1; result; finish completed 1\n");
    std::ofstream(script) << "dd() { { head -c 2000000 /dev/zero | tr '\\0' ' '; cat; } | command dd \"$@\"; }\n";
    host.close();
    host.profile.environmentScript = script;
    host.open();
    const auto run = host.start(host.request(), events);
    REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
    CHECK(std::filesystem::file_size(run->job().remoteFolder + "/exit.json") > 1'048'576);
    CHECK(run->job().result == "done");
    CHECK(run->job().fetched);
    CHECK(warnings("exit_unreadable") == 1);
    CHECK(textOf(run->folder() + "/events.jsonl").find(run->job().remoteFolder + "/exit.json") != std::string::npos);
  }
}

TEST_CASE("A run whose folder here is removed is left at once, with a reason that names the folder; its job goes on") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("for i in $(seq 600); do [ -e go ] && break; step $i; sleep 0.1; done; finish completed $i\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  const std::string folder = run->folder();
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  const api::ClusterJob job = run->job();
  SUBCASE("removed") { std::filesystem::remove_all(folder); }
  SUBCASE("moved away") { std::filesystem::rename(folder, folder + "-elsewhere"); }
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 15));
  CHECK(!std::filesystem::exists(folder)); // nothing puts a part of it back
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome == api::RunOutcome::Failed);
  REQUIRE(run->job().problem);
  CHECK(run->job().problem->where == folder);
  CHECK(run->job().problem->message.find(job.id) != std::string::npos);
  CHECK(run->job().problem->hint.find(job.remoteFolder) != std::string::npos);
  CHECK(host.slurm("squeue -h -o %T -j " + job.id).find("RUNNING") == 0);
  std::ofstream(job.remoteFolder + "/go") << "";
  if (!std::filesystem::exists(folder + "-elsewhere")) return;
  auto later = std::make_shared<KeptEvents>(); // put back, it is taken up again
  std::filesystem::rename(folder + "-elsewhere", folder);
  const auto again = host.attach(folder, later);
  REQUIRE(RunHost::reaches(*again, JobPhase::Over, 60));
  CHECK(again->job().result == "done");
}

TEST_CASE("A job is not submitted when its run's folder was removed before") {
  const TempFolder folder;
  remote::JobRecord record;
  record.token = "attune-0123456789ab";
  record.resultDir = "adapter";
  auto journal = remote::JobJournal::create(folder.path() + "/run", record);
  REQUIRE_MESSAGE(journal.ok(), (journal.ok() ? "" : journal.error().text()));
  record.staged = true;
  CHECK((*journal)->update(record).ok());
  std::filesystem::remove_all(folder.path() + "/run");
  record.submitting = true;
  const Status written = (*journal)->update(record);
  REQUIRE(!written.ok());
  CHECK(written.error().where == folder.path() + "/run/cluster/journal.jsonl");
  CHECK(!(*journal)->record().submitting);
}

TEST_CASE("A cluster that names another host does not end the runs of the first one") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(
      "trap 'exit 130' TERM; for i in $(seq 600); do [ -e go ] && break; step $i; sleep 0.1; done; result; finish completed $i\n");
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(host.request(), events);
  const std::string folder = run->folder();
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  const api::ClusterProfile first = host.profile;
  host.profile.user = "somebody-else";
  REQUIRE(host.service->profiles().save(host.profile).ok());
  CHECK(host.service->cluster("loop").error().code == ErrorCode::Usage); // as long as it is followed
  run.reset();
  host.close();
  host.open();
  auto later = std::make_shared<KeptEvents>();
  const auto elsewhere = host.service->backend().attach(folder, later);
  REQUIRE(!elsewhere.ok());
  CHECK(elsewhere.error().message.find(first.user + "@") != std::string::npos);
  host.close();
  host.profile = first;
  host.open();
  run = host.attach(folder, later);
  std::ofstream(run->job().remoteFolder + "/go") << "";
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 60));
  CHECK(run->job().result == "done");
}

TEST_CASE("A file that grew after its size was written down is not copied unasked") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; (trap '' TERM HUP; exec 9>&-; until [ -e exit.json ]; do sleep 0.05; done; truncate -s 3G "
                 "run/adapter/adapter_config.json) & finish completed 1\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(!run->job().fetched);
  CHECK(events->warned("fetch_failed"));
  CHECK(fetchAgain(run).error().fault == "FETCH-CHANGED");
  CHECK(!std::filesystem::exists(run->folder() + "/adapter/adapter_config.json.part"));
}
