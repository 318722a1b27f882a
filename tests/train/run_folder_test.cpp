#include "core/api/event_json.h"
#include "core/base/atomic_file.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"
#include "core/train/run_recorder.h"
#include "tests/support/file_calls.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/run_fixture.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace attune;
using namespace attune::core;
using namespace attune::test;
namespace fs = std::filesystem;

namespace {

api::RunConfig runnable() {
  api::RunConfig config;
  config.model = "/m";
  config.dataset = {{"/d.jsonl", api::DatasetFormat::Auto, 1.0}};
  return config;
}

} // namespace

TEST_CASE("a run folder is made once, refuses to be shared and reopens with config and record") {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/runs/one";
  auto made = RunFolder::create(path);
  REQUIRE(made.ok());
  api::RunConfig config = runnable();
  config.lora.rank = 32;
  RunRecord record;
  record.versions["attune"] = "0.1.0";
  record.datasetHash = "abc";
  record.threads = 2;
  REQUIRE(made->writeConfig(config, record).ok());

  const Status again = RunFolder::checkFresh(path);
  REQUIRE_FALSE(again.ok());
  CHECK(exitCodeOf(again.error().code) == 2);
  const auto opened = RunFolder::open(path);
  REQUIRE(opened.ok());
  CHECK(opened->readConfig()->lora.rank == 32);
  CHECK(opened->readRecord()->datasetHash == "abc");
  CHECK(opened->readRecord()->threads == 2);
  CHECK(RunFolder::open(folder.path()).error().code == ErrorCode::MissingInFolder);
  CHECK(RunFolder::open(folder.path() + "/none").error().code == ErrorCode::FileNotFound);
  CHECK(RunFolder::create("/proc/attune-run").error().code == ErrorCode::IoFailed);
  std::ofstream(folder.path() + "/file") << "x";
  CHECK(RunFolder::create(folder.path() + "/file").error().code == ErrorCode::Usage);
}

TEST_CASE("the recorder counts on after a torn line and keeps a second process out") {
  TemporaryFolder folder;
  auto run = RunFolder::create(folder.path());
  REQUIRE(run.ok());
  CollectingSink live;
  {
    auto recorder = RunRecorder::open(*run, &live, steppingClock());
    REQUIRE(recorder.ok());
    (*recorder)->push({0, 0, api::RunStarted{}});
    (*recorder)->push({0, 0, api::EvalResult{1, 2.0, 3}});
    CHECK(RunRecorder::open(*run, nullptr, steppingClock()).error().code == ErrorCode::IoFailed);
  }
  {
    const int looking = ::open(run->eventsPath().c_str(), O_RDONLY); // as a list of runs does, for a moment
    REQUIRE(::flock(looking, LOCK_SH) == 0);
    std::thread done([looking] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ::close(looking);
    });
    CHECK(RunRecorder::open(*run, nullptr, steppingClock()).ok());
    done.join();
  }
  REQUIRE(live.events.size() == 2);
  CHECK(live.events[1].seq == 2);
  CHECK(live.events[1].time > 0);
  {
    std::ofstream torn(run->eventsPath(), std::ios::app);
    torn << R"({"type":"step","se)";
  }
  {
    auto recorder = RunRecorder::open(*run, nullptr, steppingClock());
    REQUIRE(recorder.ok());
    (*recorder)->push({0, 0, api::Resumed{0, 2}});
  }
  const auto text = readFile(run->eventsPath());
  const auto events = api::eventsFromText(*text);
  REQUIRE(events.size() == 3);
  CHECK(events[2].seq == 3);
  CHECK(text->find("\"se{") == std::string::npos);
  CHECK(readFile(run->logPath())->find("resumed from step 0") != std::string::npos);
}

TEST_CASE("turning points are flushed to events.jsonl at once, steps at most a second later") {
  // To see it fail: leave isTurningPoint or the second out of RunRecorder::push.
  TemporaryFolder folder;
  auto run = RunFolder::create(folder.path());
  double now = 100;
  const auto look = [&now] { return now; };
  auto recorder = RunRecorder::open(*run, nullptr, {look, look});
  REQUIRE(recorder.ok());
  const FileCalls calls;
  const auto flushed = [&](const api::RunEventBody &body) {
    const size_t before = calls.syncs(run->eventsPath());
    (*recorder)->push({0, 0, body});
    return calls.syncs(run->eventsPath()) > before;
  };
  CHECK(flushed(api::RunStarted{}));
  CHECK_FALSE(flushed(api::StepMetrics{}));
  CHECK(flushed(api::CheckpointSaved{1, "checkpoints/step-1"}));
  CHECK(flushed(api::Resumed{1, 2}));
  CHECK(flushed(api::RunFinished{api::RunOutcome::Completed, 1, std::nullopt}));
  now += 0.5;
  CHECK_FALSE(flushed(api::StepMetrics{}));
  now += 0.5;
  CHECK(flushed(api::StepMetrics{}));
}

TEST_CASE("a recorder whose disk is full says so and still serves the live sink") {
  TemporaryFolder folder;
  auto run = RunFolder::create(folder.path());
  CollectingSink live;
  auto recorder = RunRecorder::open(*run, &live, steppingClock());
  REQUIRE(recorder.ok());
  {
    const FileSizeLimit full(400);
    for (int i = 0; i < 20; ++i) (*recorder)->push({0, 0, api::EvalResult{i, 1.0, 1}});
  }
  CHECK_FALSE((*recorder)->status().ok());
  CHECK((*recorder)->status().error().code == ErrorCode::IoFailed);
  CHECK(live.events.size() == 20);
  CHECK_FALSE(api::eventsFromText(*readFile(run->eventsPath())).empty());
}

TEST_CASE("a full disk ends the run with an error and leaves the earlier checkpoint whole") {
  TemporaryFolder folder;
  TinyRun run(folder.path());
  run.options.saveSteps = 4;
  std::optional<FileSizeLimit> full;
  run.model.afterPass = [&](int64_t passes) {
    if (passes == 11) full.emplace(500);
  };
  const auto outcome = run.run();
  full.reset();
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == ErrorCode::IoFailed);
  CHECK(run.checkpoints.steps().value() == std::vector<int64_t>{4});
  for (const auto &entry : fs::directory_iterator(folder.path() + "/checkpoints")) CHECK(entry.path().filename() == "step-4");
  TinyRun again(folder.path());
  CHECK(*again.run(4) == api::RunOutcome::Completed);
}

TEST_CASE("a checkpoint is on disk before it gets its name, and loses the name before it is removed") {
  // To see it fail: leave syncTree out of CheckpointStore::write, write straight into step-N, leave syncFolder out of
  // installFolder, or remove the old folder in place in prune.
  TemporaryFolder folder;
  TinyRun run(folder.path(), TinyRun::defaultBatches(), 1);
  run.options.totalSteps = 4;
  run.options.saveSteps = 2;
  const FileCalls calls;
  REQUIRE(run.run().ok());
  const std::string checkpoints = folder.path() + "/checkpoints";
  for (const char *name : {"/step-2", "/step-4"}) {
    const FileCalls::Rename made = calls.last(checkpoints + name);
    CHECK_FALSE(made.from.empty());
    CHECK(made.unsynced.empty());
    CHECK(made.folderSynced);
  }
  CHECK(calls.last(checkpoints + "/.part-step-2").from == checkpoints + "/step-2");
  CHECK(run.checkpoints.steps().value() == std::vector<int64_t>{4});
}

TEST_CASE("a checkpoint written after falling back stays, and what lies above it goes") {
  // To see it fail: in CheckpointStore::prune leave out the partition by the step just written.
  TemporaryFolder folder;
  TinyRun first(folder.path());
  first.options.saveSteps = 4;
  REQUIRE(first.run().ok());
  std::ofstream(folder.path() + "/checkpoints/step-12/trainer_state/state.json") << "{";
  TinyRun second(folder.path(), TinyRun::defaultBatches(), 1);
  second.options.totalSteps = 10;
  REQUIRE(second.run(8).ok());
  CHECK(second.checkpoints.steps().value() == std::vector<int64_t>{10});
}

TEST_CASE("what an interrupted write leaves behind is cleaned up, and an interrupted replacement is finished") {
  TemporaryFolder folder;
  TinyRun run(folder.path());
  run.options.totalSteps = 4;
  REQUIRE(run.run().ok());
  const std::string checkpoints = folder.path() + "/checkpoints";
  fs::create_directories(checkpoints + "/.part-step-9/adapter");
  fs::rename(checkpoints + "/step-4", checkpoints + "/.old-step-4");
  CHECK(run.checkpoints.steps()->empty());
  run.checkpoints.cleanUp();
  CHECK(run.checkpoints.steps().value() == std::vector<int64_t>{4});
  CHECK_FALSE(fs::exists(checkpoints + "/.part-step-9"));
  CHECK(run.run(4).ok());
}

TEST_CASE("a damaged checkpoint is refused, not crashed on") {
  TemporaryFolder folder;
  TinyRun run(folder.path());
  run.options.totalSteps = 2;
  REQUIRE(run.run().ok());
  const std::string state = folder.path() + "/checkpoints/step-2/trainer_state/state.json";
  for (const char *text : {"", "{", "[]", "{\"schema\":99}", "{\"schema\":1,\"step\":\"x\"}", "{\"schema\":1,\"step\":2}"}) {
    std::ofstream(state) << text;
    CHECK_FALSE(run.checkpoints.read(2, run.model, run.optimizer).ok());
  }
  TinyRun other(folder.path());
  other.options.totalSteps = 4;
  REQUIRE(other.run().ok());
  fs::copy_file(folder.path() + "/checkpoints/step-4/trainer_state/state.json", state, fs::copy_options::overwrite_existing);
  CHECK_FALSE(run.checkpoints.read(2, run.model, run.optimizer).ok()); // it says that it is of step 4
}

TEST_CASE("disk space is compared before a run") {
  CHECK(checkFreeDisk("/x", 10, 10).ok());
  const Status tooSmall = checkFreeDisk("/x", uint64_t(5) << 30, uint64_t(1) << 30);
  REQUIRE_FALSE(tooSmall.ok());
  CHECK(tooSmall.error().message.find("5120.0 MiB") != std::string::npos);
  CHECK(exitCodeOf(tooSmall.error().code) == 1);
}
