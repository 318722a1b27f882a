// From a run.json to the adapter at home, on a real one-node cluster with the real worker.
#include "tests/remote/run/run_host.h"

#include "core/base/atomic_file.h"
#include "core/base/shell_word.h"

using namespace attune;
using namespace attune::test;

namespace {

std::vector<double> losses(const std::vector<api::StepMetrics> &steps) {
  std::vector<double> found;
  for (const auto &step : steps) found.push_back(step.loss);
  return found;
}

/// The same run on this machine.
std::vector<double> localLosses(const RunHost &host, const std::string &runJson) {
  const std::string out = host.data.path() + "/local";
  int code = 1;
  outputOf(std::string(ATTUNE_BINARY) + " train " + shellWord(runJson) + " --out " + shellWord(out) + " --threads 1 --quiet 2>&1", &code);
  REQUIRE(code == 0);
  std::vector<api::StepMetrics> steps;
  for (const auto &event : api::eventsFromText(textOf(out + "/events.jsonl")))
    if (const auto *step = std::get_if<api::StepMetrics>(&event.body)) steps.push_back(*step);
  return losses(steps);
}

} // namespace

TEST_CASE("A run is submitted, streamed and fetched; its losses and its adapter are those of the cluster and of the same run here") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  auto events = std::make_shared<KeptEvents>();
  const auto request = host.request(R"(,"epochs":3,"log_steps":1)");
  const auto run = host.start(request, events);
  CHECK(std::filesystem::exists(run->folder() + "/run.json")); // from submission on
  CHECK(std::filesystem::exists(run->folder() + "/cluster.json"));
  CHECK(run->job().token.rfind("attune-", 0) == 0);
  CHECK(!run->canPause());
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 120));
  const api::ClusterJob job = run->job();
  CHECK(job.result == "done");
  CHECK(job.fetched);
  CHECK(!job.id.empty());
  CHECK(job.exitCode == 0);
  const auto ends = events->all<api::RunFinished>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].outcome == api::RunOutcome::Completed);

  const std::string adapter = "/adapter/adapter_model.safetensors";
  CHECK(textOf(run->folder() + adapter).size() > 1000);
  CHECK(textOf(run->folder() + adapter) == host.remoteFile(job, "run" + adapter));
  CHECK(textOf(run->folder() + "/log.txt") == host.remoteFile(job, "run.log"));
  const auto steps = events->all<api::StepMetrics>();
  REQUIRE(steps.size() > 10);
  CHECK(losses(steps) == localLosses(host, host.data.path() + "/run.json"));
  // On disk, too: what the pages of the run read.
  std::string workers;
  std::istringstream lines(textOf(run->folder() + "/events.jsonl"));
  for (std::string line; std::getline(lines, line);)
    if (line.find(",\"local\":true}") == std::string::npos) workers += line + "\n";
  CHECK(workers == host.remoteFile(job, "run/events.jsonl"));
  const auto written = parseJson(textOf(run->folder() + "/run.json"), "run.json");
  REQUIRE(written.ok());
  CHECK((*written)["model"] == request.config.model); // the paths of this machine
  CHECK((*written)["record"]["versions"].contains("libtorch"));
  CHECK((*written)["record"]["threads"] == 1);
  // The latency is the worker's clock against ours, which are one here.
  const auto delays = events->delays();
  MESSAGE("seconds from a step to its arrival, median and 95 %: " << delays[delays.size() / 2] << " " << delays[delays.size() * 95 / 100]);
  CHECK(outputOf("find " + job.remoteFolder + " -perm /077 -type f -name job.env").empty());

  // It is over for good: another look tells the same, and the folder goes when asked.
  auto later = std::make_shared<KeptEvents>();
  const auto again = host.attach(run->folder(), later);
  CHECK(again->finished());
  CHECK(later->all<api::RunFinished>().size() == 1);
  CHECK(host.service->backend().unfinished().empty());
  CHECK(RunHost::answerOf<void>([&](auto answer) { again->removeRemote(answer); }).ok());
  CHECK(!std::filesystem::exists(job.remoteFolder));
  CHECK(api::readClusterJob(run->folder())->removed);
}

TEST_CASE("What is shown before a submission is what is sent, and the scheduler is called so") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  const std::string bin = host.cluster.value("LB_STATE") + "/bin/", calls = host.cluster.value("LB_HOME") + "/calls";
  for (const char *name : {"sbatch", "salloc"})
    std::ofstream(bin + name) << "#!/bin/bash\nprintf '%s\\n' " << name << " \"$@\" >>" << calls << "\nexec /usr/bin/" << name
                              << " \"$@\"\n";
  outputOf("chmod 755 " + bin + "*; touch " + calls + "; chmod 666 " + calls);
  auto request = host.request(R"(,"template":"own.jinja")");
  host.data.write("own.jinja", "{{ messages }}");
  request.cluster->extra = {{"nice", "5"}};
  SUBCASE("by sbatch") {}
  SUBCASE("by salloc") { request.cluster->mode = api::SubmitMode::Salloc; }
  auto none = request;
  none.config.model = "/none";
  const auto refused = host.service->backend().preview(none);
  CHECK_FALSE(refused.ok());
  const auto shown = host.service->backend().preview(request);
  REQUIRE_MESSAGE(shown.ok(), (shown.ok() ? "" : shown.error().text()));

  const auto run = host.start(request, std::make_shared<KeptEvents>());
  const bool came = soon(60, [&] { return !run->job().id.empty(); });
  const api::ClusterJob job = run->job();
  REQUIRE_MESSAGE(came, api::clusterJobJson(job));
  const std::string sent = run->folder() + "/cluster/job/", home = host.cluster.value("LB_HOME");
  const auto there = [&](std::string text) { // the look names neither the job nor the home folder
    for (const auto &[word, real] : {std::pair<std::string, std::string>{"attune-TOKEN", job.token}, {"~/", home + "/"}})
      for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) text.replace(at, word.size(), real);
    return text;
  };
  CHECK(there(shown->script) == textOf(sent + "run.sh"));
  CHECK(there(shown->values) == textOf(sent + "job.env"));
  CHECK(there(shown->config) == textOf(sent + "run.json"));
  const std::string cd = "cd " + job.remoteFolder + " && ", command = there(shown->command), called = textOf(calls);
  REQUIRE(command.rfind(cd, 0) == 0);
  const std::string words = outputOf("set -- " + command.substr(cd.size()) + "; printf '%s\\n' \"$@\"");
  CHECK(called.find(words) != std::string::npos); // beside a call for the version
  run->cancel([](const auto &) {});
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 60));
}

TEST_CASE("Fault 1: the line drops ten times while a run streams, and log and events stay byte for byte") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("for i in $(seq 1 500); do for j in 1 2 3 4 5 6 7 8 9 10; do echo \"line $i.$j of the log\"; done\n"
                 "step $i; sleep 0.05; done; finish completed 500\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Running));
  const auto cluster = host.service->cluster("loop");
  REQUIRE(cluster.ok());
  int drops = 0;
  std::vector<double> ways;
  for (; drops < 10 && run->job().phase == api::JobPhase::Running; ++drops) {
    REQUIRE(host.cluster.act("drop")); // which looks through every process first
    const auto at = std::chrono::steady_clock::now();
    CHECK(soon(10, [&] { return (*cluster)->link().state != api::LinkState::Online; }));
    CHECK(soon(70, [&] { return (*cluster)->link().state == api::LinkState::Online; })); // ten tries a minute, not more
    ways.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - at).count());
  }
  std::sort(ways.begin(), ways.end());
  const double median = ways[ways.size() / 2], longest = ways.back();
  MESSAGE(drops << " drops; the way back took " << median << " s, at most " << longest << " s");
  CHECK(median < 5);
  CHECK(drops >= 5);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 120));
  CHECK(run->job().result == "done");
  CHECK(textOf(run->folder() + "/log.txt") == host.remoteFile(run->job(), "run.log"));
  CHECK(events->all<api::StepMetrics>().size() == 500);
  CHECK(events->all<api::RunFinished>().size() == 1);
  CHECK(!std::filesystem::exists(run->folder() + "/log.1.txt"));
}

TEST_CASE("Fault 24: the whole client is gone in mid-run; another takes the run up where its files end") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(host.request(R"(,"max_steps":400,"epochs":100)"), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 5; }));
  const std::string folder = run->folder();
  // A second instance only looks.
  {
    auto other = remote::makeClusterService({host.workspace.path(), host.home.path(), &host.prompts});
    CHECK(other->backend().attach(folder, std::make_shared<KeptEvents>()).error().code == ErrorCode::Usage);
    CHECK(other->backend().unfinished() == std::vector<std::string>{folder});
  }
  run.reset();
  host.close();
  CHECK(!events->finished());
  const size_t before = events->all<api::StepMetrics>().size();
  host.open();
  REQUIRE(host.service->backend().unfinished() == std::vector<std::string>{folder});
  auto later = std::make_shared<KeptEvents>();
  run = host.attach(folder, later);
  REQUIRE(RunHost::reaches(*run, api::JobPhase::Over, 180));
  CHECK(run->job().result == "done");
  CHECK(before + later->all<api::StepMetrics>().size() == 400);
  CHECK(later->all<api::RunFinished>().size() == 1);
  CHECK(textOf(folder + "/log.txt") == host.remoteFile(run->job(), "run.log"));
  CHECK(host.slurm("squeue -h -t all -o %j | sort | uniq -c | grep -c attune-").substr(0, 1) == "1"); // one job, submitted once
}
