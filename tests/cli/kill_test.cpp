// kill -9 at random moments: the folder always continues, no event before the last flush is lost, and the end is the
// same as if nothing had happened. Six moments; ATTUNE_KILLS=50 for as many as wanted (./dev test --all).
#include "core/api/event_json.h"
#include "core/base/rng.h"
#include "tests/support/running_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

namespace {

constexpr const char *kSettings = R"(,"max_steps":400,"save_steps":7,"keep_checkpoints":2,"validation":{"fraction":0.2},"eval_steps":11)";

/// The last event that was flushed for certain: a checkpoint, which is flushed before the next step.
int64_t lastDurableSeq(const std::string &text) {
  int64_t seq = 0;
  for (const api::RunEvent &event : api::eventsFromText(text)) {
    if (std::holds_alternative<api::CheckpointSaved>(event.body)) seq = event.seq;
  }
  return seq;
}

void checkUnbroken(const std::vector<api::RunEvent> &events) {
  for (size_t i = 0; i < events.size(); ++i) REQUIRE(events[i].seq == static_cast<int64_t>(i + 1));
}

} // namespace

TEST_CASE("a run killed at random moments continues to the same adapter") {
  const auto reference = makeTinyRun(kSettings);
  REQUIRE(runAttune({"train", reference->run, "--out", reference->out, "--quiet"}).code == 0);
  const std::string expected = slurp(reference->out + "/adapter/adapter_model.safetensors");
  REQUIRE_FALSE(expected.empty());

  const char *wanted = std::getenv("ATTUNE_KILLS");
  const int kills = wanted ? std::atoi(wanted) : 6;
  CounterRng random(20261124, 0);
  std::unique_ptr<TinyRunFiles> files;
  int done = 0;
  while (done < kills) {
    if (!files) files = makeTinyRun(kSettings);
    const bool begun = fs::exists(files->out + "/run.json");
    std::vector<std::string> words = {"train", "--resume", files->out, "--json"};
    if (!begun) words = {"train", files->run, "--out", files->out, "--json"};
    const std::string before = slurp(files->out + "/events.jsonl");
    RunningProgram program(words);
    if (random.below(4) > 0) { // most kills while it trains, the others while it starts
      const size_t size = before.size() + random.below(20000);
      // A run that is nearly through may end before it has written that much.
      REQUIRE(program.waitUntil([&] { return program.ended() || slurp(files->out + "/events.jsonl").size() > size; }));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(30000)));
    program.signal(SIGKILL);
    const int code = program.wait();
    ++done;
    const std::string after = slurp(files->out + "/events.jsonl");
    CHECK(after.compare(0, before.rfind('\n') + 1, before, 0, before.rfind('\n') + 1) == 0);
    CHECK(lastDurableSeq(after) >= lastDurableSeq(before));
    checkUnbroken(api::eventsFromText(after));
    if (code != 0 && done < kills && random.below(5) != 0) continue; // kill the same run again

    const bool started = fs::exists(files->out + "/run.json");
    const auto last =
        started ? runAttune({"train", "--resume", files->out, "--json"}) : runAttune({"train", files->run, "--out", files->out, "--json"});
    REQUIRE_MESSAGE(last.code == 0, last.out << last.err);
    CHECK(slurp(files->out + "/adapter/adapter_model.safetensors") == expected);
    checkUnbroken(api::eventsFromText(slurp(files->out + "/events.jsonl")));
    for (const auto &entry : fs::directory_iterator(files->out + "/checkpoints")) CHECK(entry.path().filename().string()[0] != '.');
    files.reset();
  }
}
