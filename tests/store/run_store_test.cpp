// The runs of a workspace: summaries from head and tail, torn lines, notes, interrupted runs.
#include "core/api/cluster_run.h"
#include "core/api/event_json.h"
#include "core/api/event_queue.h"
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/store/run_store.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

using namespace attune;
using namespace attune::test;

namespace {

std::string runFolder(const TempFolder &workspace, const std::string &name) { return workspace.path() + "/runs/" + name; }

void writeRun(const std::string &folder, const std::string &name, const std::string &events) {
  api::RunConfig config;
  config.name = name;
  config.model = "/models/tiny";
  config.dataset = {{"/data/rows.jsonl"}};
  REQUIRE(makeFolders(folder).ok());
  REQUIRE(writeFileAtomic(folder + "/run.json", api::runConfigJson(config)).ok());
  REQUIRE(writeFileAtomic(folder + "/events.jsonl", events).ok());
}

std::string eventLines(int64_t steps, bool finished, double start = 1000) {
  std::string text = api::eventToJson({1, start, api::RunStarted{1, steps, "cpu", {}}}) + "\n";
  for (int64_t step = 1; step <= steps; ++step) {
    api::StepMetrics metrics;
    metrics.step = step;
    metrics.loss = 4.0 / static_cast<double>(step);
    text += api::eventToJson({step + 1, start + static_cast<double>(step), metrics}) + "\n";
  }
  if (finished)
    text +=
        api::eventToJson({steps + 2, start + static_cast<double>(steps), api::RunFinished{api::RunOutcome::Completed, steps, {}}}) + "\n";
  return text;
}

} // namespace

TEST_CASE("Runs are listed newest first, with state, loss and a curve") {
  const TempFolder workspace;
  writeRun(runFolder(workspace, "a"), "first", eventLines(8, true, 1000));
  writeRun(runFolder(workspace, "b"), "second", eventLines(4, false, 2000) + R"({"type":"step","seq":9,"lo)");
  store::FolderRunStore store(workspace.path());
  const auto runs = store.list({});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].name == "second");
  CHECK(runs[0].phase == api::RunPhase::Interrupted); // no end on record, nobody writes
  CHECK(runs[0].step == 4);
  CHECK(runs[0].totalSteps == 4);
  CHECK(runs[1].phase == api::RunPhase::Completed);
  CHECK(runs[1].loss == doctest::Approx(0.5));
  CHECK(runs[1].seconds == doctest::Approx(8));
  REQUIRE(runs[1].curve.size() == 8);
  CHECK(runs[1].curve.front() == doctest::Approx(4.0));
  CHECK(runs[1].curve.back() == doctest::Approx(0.5));
  CHECK(runs[1].diskBytes > 500);
}

TEST_CASE("Forecast and measured peak stand in a run's summary: the card's where it had one") {
  const TempFolder workspace;
  const auto summaryWith = [&](const std::string &name, const std::string &record) {
    const std::string folder = runFolder(workspace, name);
    writeRun(folder, name, eventLines(2, true));
    api::RunConfig config;
    config.model = "/models/tiny";
    config.dataset = {{"/data/rows.jsonl"}};
    REQUIRE(writeFileAtomic(folder + "/run.json", api::runConfigJson(config, record)).ok());
    return store::FolderRunStore(workspace.path()).summary(folder);
  };
  const auto cpu = summaryWith("cpu", R"({"forecast_host_peak_bytes":700,"measured_host_peak_bytes":690})");
  CHECK(cpu.phase == api::RunPhase::Completed);
  CHECK(cpu.forecastBytes == 700);
  CHECK(cpu.peakBytes == 690);
  const auto card = summaryWith("card", R"({"forecast_device_peak_bytes":9000,"forecast_host_peak_bytes":700,
    "measured_device_peak_bytes":8800,"measured_host_peak_bytes":690})");
  CHECK(card.forecastBytes == 9000);
  CHECK(card.peakBytes == 8800);
  const auto strange = summaryWith("strange", R"({"forecast_host_peak_bytes":"many","measured_host_peak_bytes":-5})");
  CHECK(strange.forecastBytes == 0);
  CHECK(strange.peakBytes == 0);
}

TEST_CASE("A long run's summary reads only parts, and says the same") {
  const TempFolder workspace;
  writeRun(runFolder(workspace, "long"), "long", eventLines(20000, true));
  store::FolderRunStore store(workspace.path());
  const auto run = store.summary(runFolder(workspace, "long"));
  CHECK(run.phase == api::RunPhase::Completed);
  CHECK(run.step == 20000);
  CHECK(run.totalSteps == 20000);
  CHECK(run.curve.size() > 40);
  CHECK(std::is_sorted(run.curve.rbegin(), run.curve.rend()));
}

TEST_CASE("A run that some process writes is running") {
  const TempFolder workspace;
  const std::string folder = runFolder(workspace, "live");
  writeRun(folder, "live", eventLines(2, false));
  const int file = ::open((folder + "/events.jsonl").c_str(), O_RDWR);
  REQUIRE(::flock(file, LOCK_EX) == 0);
  store::FolderRunStore store(workspace.path());
  CHECK(store.summary(folder).phase == api::RunPhase::Running);
  ::close(file);
  CHECK(store.summary(folder).phase == api::RunPhase::Interrupted);
}

TEST_CASE("A run on a cluster goes on though nobody writes here, until its job is over") {
  const TempFolder workspace;
  const std::string folder = runFolder(workspace, "far");
  writeRun(folder, "far", eventLines(2, true)); // the first attempt's end
  store::FolderRunStore store(workspace.path());
  CHECK(store.summary(folder).cluster.empty());
  api::ClusterJob job;
  job.cluster = "centre";
  job.token = "attune-0123456789ab";
  job.problem = Error{ErrorCode::IoFailed, "Lost.", "centre", "Wait.", {}, "NET-LOST"};
  const auto phaseAt = [&](api::JobPhase phase) {
    job.phase = phase;
    REQUIRE(writeFileAtomic(folder + "/cluster.json", api::clusterJobJson(job)).ok());
    return store.summary(folder).phase;
  };
  CHECK(phaseAt(api::JobPhase::Queued) == api::RunPhase::Waiting);
  CHECK(phaseAt(api::JobPhase::Running) == api::RunPhase::Running);
  CHECK(store.summary(folder).cluster == "centre");
  CHECK(phaseAt(api::JobPhase::Over) == api::RunPhase::Completed);
  const auto read = api::readClusterJob(folder);
  REQUIRE(read.ok());
  CHECK(read->phase == api::JobPhase::Over);
  CHECK(read->problem->fault == "NET-LOST");
  CHECK(read->token == job.token);
  REQUIRE(writeFileAtomic(folder + "/cluster.json", R"({"schema":2})").ok());
  CHECK(api::readClusterJob(folder).error().code == ErrorCode::NewerSchema);
  CHECK(api::readClusterJob(workspace.path()).error().code == ErrorCode::FileNotFound);
}

TEST_CASE("Replay gives every whole event in order, across blocks") {
  const TempFolder workspace;
  const std::string folder = runFolder(workspace, "long");
  writeRun(folder, "long", eventLines(20000, true) + R"({"type":"step")");
  store::FolderRunStore store(workspace.path());
  api::EventQueue queue;
  REQUIRE(store.replay(folder, queue, {}).ok());
  const auto events = queue.take();
  REQUIRE(events.size() == 20002);
  for (size_t i = 0; i < events.size(); ++i) REQUIRE(events[i].seq == static_cast<int64_t>(i) + 1);
}

TEST_CASE("Notes rename a run without touching its settings, and broken folders are listed as such") {
  const TempFolder workspace;
  const std::string folder = runFolder(workspace, "a");
  writeRun(folder, "a", eventLines(1, true));
  writeRun(runFolder(workspace, "broken"), "broken", "");
  REQUIRE(writeFileAtomic(runFolder(workspace, "broken") + "/run.json", "{").ok());
  store::FolderRunStore store(workspace.path());
  REQUIRE(store.writeNotes(folder, {"My best", "lr was too high", {"keep"}}).ok());
  const auto runs = store.list({});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].name == "My best");
  CHECK(runs[0].notes.text == "lr was too high");
  CHECK(runs[0].notes.tags == std::vector<std::string>{"keep"});
  CHECK(store.config(folder)->name == "a");
  CHECK(runs[1].phase == api::RunPhase::Unreadable);
  CHECK_FALSE(runs[1].error.empty());
}

TEST_CASE("A fresh folder never stands yet and its name is safe") {
  const TempFolder workspace;
  store::FolderRunStore store(workspace.path());
  const std::string first = store.freshFolder("../../中文 run/x");
  CHECK(first.find(workspace.path() + "/runs/中文-run-x-") == 0);
  REQUIRE(makeFolders(first).ok());
  CHECK(store.freshFolder("../../中文 run/x") != first);
}

TEST_CASE("Weights that can answer: the result, then whole checkpoints, newest first") {
  const TempFolder workspace;
  const std::string folder = runFolder(workspace, "a");
  writeRun(folder, "a", eventLines(1, false));
  store::FolderRunStore store(workspace.path());
  CHECK(store.weights(folder).empty());
  const auto put = [&](const std::string &place) {
    REQUIRE(makeFolders(folder + "/" + place.substr(0, place.rfind('/'))).ok());
    REQUIRE(writeFileAtomic(folder + "/" + place, "{}").ok());
  };
  for (const char *name : {"step-9", "step-20", "step-x", ".part-step-30", "step-99999999999999999999"})
    put("checkpoints/" + std::string(name) + "/adapter/adapter_config.json");
  put("checkpoints/step-40/trainer_state/state.json"); // no weights in it
  auto found = store.weights(folder);
  REQUIRE(found.size() == 2);
  CHECK(found[0].step == 20);
  CHECK(found[0].model == "/models/tiny");
  CHECK(found[0].adapter == folder + "/checkpoints/step-20/adapter");
  put("model/config.json"); // a full fine-tuning's result
  found = store.weights(folder);
  REQUIRE(found.size() == 3);
  CHECK(found[0].step == 0);
  CHECK(found[0].model == folder + "/model");
  CHECK(found[0].adapter.empty());
  CHECK(store.weights("/nowhere").empty());
}

TEST_CASE("The queue of waiting runs is kept whole, and what cannot be read whole is put aside") {
  const TempFolder workspace;
  store::FolderRunStore store(workspace.path());
  CHECK(store.queue().runs.empty());
  CHECK_FALSE(store.queue().problem);
  std::vector<api::RunRequest> queue(2);
  queue[0].folder = "/runs/new";
  queue[0].config.name = "new";
  queue[0].config.lora.rank = 48;
  queue[1].folder = "/runs/old";
  queue[1].resume = true;
  REQUIRE(store.writeQueue(queue).ok());
  const auto kept = store.queue();
  CHECK_FALSE(kept.problem);
  const auto &read = kept.runs;
  REQUIRE(read.size() == 2);
  CHECK(read[0].config.lora.rank == 48);
  CHECK_FALSE(read[0].resume);
  CHECK(read[1].folder == "/runs/old");
  CHECK(read[1].resume);
  for (const char *damaged : {"", "{", "{}", "[1, {\"folder\": 3}, {\"folder\": \"/a\"}, {\"folder\": \"/b\", \"config\": 7}]"}) {
    REQUIRE(writeFileAtomic(workspace.path() + "/queue.json", damaged).ok());
    const auto broken = store.queue();
    CHECK(broken.runs.empty());
    REQUIRE(broken.problem);
    CHECK_FALSE(std::filesystem::exists(workspace.path() + "/queue.json"));
    const std::string aside = broken.problem->hint.substr(broken.problem->hint.find('/'));
    CHECK(*readFile(aside.substr(0, aside.size() - 1)) == damaged);
  }
  CHECK(std::filesystem::exists(workspace.path() + "/queue.json.broken"));
  CHECK(std::filesystem::exists(workspace.path() + "/queue.json.broken2")); // none takes another's place
  REQUIRE(store.writeQueue({}).ok());
  CHECK_FALSE(readFile(workspace.path() + "/queue.json").ok());
}
