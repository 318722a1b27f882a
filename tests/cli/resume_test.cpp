// What a resumed run does with the checkpoints it finds: whole, damaged, unreadable, of a newer version. Runs of a tiny model.
#include "tests/support/run_results.h"
#include "tests/support/running_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

TEST_CASE("a run whose newest checkpoint is unreadable goes on from the one before") {
  const auto files = makeTinyRun(R"(,"max_steps":12,"save_steps":4,"keep_checkpoints":2)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  const std::string bytes = adapterBytes(files->out);
  std::ofstream(files->out + "/checkpoints/step-12/trainer_state/state.json") << "{";
  const auto again = runAttune({"train", "--resume", files->out, "--json"});
  REQUIRE_MESSAGE(again.code == 0, again.out);
  const auto events = api::eventsFromText(again.out);
  CHECK(all<api::Resumed>(events).at(0).fromStep == 8);
  CHECK(all<api::RunWarning>(events).at(0).code == "checkpoint_unreadable");
  CHECK(adapterBytes(files->out) == bytes);
  CHECK(slurp(files->out + "/checkpoints/damaged-step-12/trainer_state/state.json") == "{"); // kept for whoever wants to look
  CHECK(runAttune({"train", "--resume", files->out, "--quiet"}).code == 0);                  // step-12 is new
  std::ofstream(files->out + "/checkpoints/step-12/trainer_state/state.json") << "[";
  CHECK(runAttune({"train", "--resume", files->out, "--quiet"}).code == 0);
  CHECK(slurp(files->out + "/checkpoints/damaged-step-12/trainer_state/state.json") == "{");
  CHECK(slurp(files->out + "/checkpoints/damaged-step-12-2/trainer_state/state.json") == "[");
}

TEST_CASE("a flipped byte in any file of a checkpoint is noticed by name, and the run goes on from the one before") {
  // To see it fail: leave checkSums out of CheckpointStore::read.
  const auto files = makeTinyRun(R"(,"max_steps":8,"save_steps":4,"keep_checkpoints":2)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  const std::string newest = files->out + "/checkpoints/step-8", adapter = adapterBytes(files->out);
  const auto resume = [&] { return runAttune({"train", "--resume", files->out, "--json"}); };
  for (const char *name : {"adapter/adapter_model.safetensors", "trainer_state/optimizer.safetensors", "trainer_state/state.json"}) {
    CAPTURE(name);
    std::string bytes = slurp(newest + "/" + name);
    REQUIRE(bytes.size() > 8);
    bytes[bytes.size() - 8] = static_cast<char>(bytes[bytes.size() - 8] ^ 1);
    std::ofstream(newest + "/" + name, std::ios::binary) << bytes;
    const auto again = resume();
    REQUIRE_MESSAGE(again.code == 0, again.out);
    const auto events = api::eventsFromText(again.out);
    CHECK(all<api::Resumed>(events).at(0).fromStep == 4);
    const auto warnings = all<api::RunWarning>(events);
    REQUIRE_FALSE(warnings.empty());
    CHECK(warnings[0].code == "checkpoint_unreadable");
    CHECK(has(warnings[0].message, newest + "/" + name));
    CHECK(has(warnings[0].message, files->out + "/checkpoints/damaged-step-8"));
    CHECK(adapterBytes(files->out) == adapter);
  }
  std::filesystem::remove(newest + "/trainer_state/sums.json"); // as older versions wrote
  CHECK(all<api::Resumed>(api::eventsFromText(resume().out)).at(0).fromStep == 8);
  std::filesystem::remove_all(files->out + "/checkpoints/step-4");
  std::ofstream(newest + "/trainer_state/sums.json") << R"({"xxh64":{"adapter/adapter_model.safetensors":"0","../../run.json":"0"}})";
  const auto refused = resume();
  CHECK(refused.code == 3);
  CHECK(has(refused.out, "earlier checkpoint"));
}

// To see them fail: pass over whatever error CheckpointStore::read gives.
TEST_CASE("a checkpoint of a newer Attune ends the resume, and nothing is changed") {
  const auto files = makeTinyRun(R"(,"max_steps":12,"save_steps":4,"keep_checkpoints":3)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "8", "--quiet"}).code == 0);
  const std::string newest = files->out + "/checkpoints/step-8/trainer_state", record = slurp(files->out + "/run.json");
  Json state = *parseJson(slurp(newest + "/state.json"), "state.json");
  state["schema"] = 2;
  std::ofstream(newest + "/state.json") << state.dump();
  fs::remove(newest + "/sums.json");
  const auto refused = runAttune({"train", "--resume", files->out, "--json"});
  CHECK(refused.code == 3);
  CHECK(errorCode(refused) == "newer_schema");
  CHECK(slurp(newest + "/state.json") == state.dump());
  CHECK(slurp(files->out + "/run.json") == record);
}

TEST_CASE("a checkpoint that cannot be read just now ends the resume, which succeeds later") {
  // The rights to read everything are taken from root.
  const std::string unprivileged = geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search " : "";
  if (std::system((unprivileged + "true >/dev/null 2>&1").c_str()) != 0) return;
  const auto files = makeTinyRun(R"(,"max_steps":12,"save_steps":4,"keep_checkpoints":3)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "8", "--quiet"}).code == 0);
  const std::string newest = files->out + "/checkpoints/step-8", told = files->out + ".told";
  const auto resume = [&] {
    return std::system((unprivileged + ATTUNE_BINARY + " train --resume " + files->out + " --json >" + told).c_str());
  };
  for (const bool sums : {true, false}) {
    CAPTURE(sums);
    if (!sums) fs::remove(newest + "/trainer_state/sums.json"); // as older versions wrote
    for (const char *name : {"/trainer_state/optimizer.safetensors", "/trainer_state/state.json", "/adapter"}) {
      CAPTURE(name);
      fs::permissions(newest + name, fs::perms::none);
      CHECK(resume() == 256); // exit code 1
      fs::permissions(newest + name, fs::perms::owner_all);
      const auto refused = parseJson(slurp(told), "told");
      REQUIRE_MESSAGE(refused.ok(), slurp(told));
      CHECK(refused->value("/error/code"_json_pointer, std::string()) == "io_failed");
      CHECK(has(slurp(told), newest));
    }
  }
  CHECK(resume() == 0);
  CHECK(all<api::Resumed>(eventsOf(files->out)).at(0).fromStep == 8);
}

TEST_CASE("a checkpoint's state with an impossible number is damaged, by the number's name") {
  // To see it fail: take the numbers with Json::get.
  const auto files = makeTinyRun(R"(,"max_steps":8,"save_steps":4,"keep_checkpoints":1)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "4", "--quiet"}).code == 0);
  const std::string path = files->out + "/checkpoints/step-4/trainer_state/state.json", good = slurp(path);
  fs::remove(files->out + "/checkpoints/step-4/trainer_state/sums.json");
  const std::pair<const char *, const char *> impossible[] = {{"/step", "1e300"},
                                                              {"/step", "-1"},
                                                              {"/step", "4.0"},
                                                              {"/schema", "1e300"},
                                                              {"/meters/tokens", "-5"},
                                                              {"/meters/tokens", "9223372036854775808"},
                                                              {"/meters/tokens", "9e99"},
                                                              {"/meters/trained_tokens", "-1"},
                                                              {"/meters/seconds", "-0.5"},
                                                              {"/meters/loss_tokens", "-1"},
                                                              {"/meters/loss_sum", "null"},
                                                              {"/meters/tokens_at_log", "18446744073709551615"},
                                                              {"/evaluation/without_gain", "-3"},
                                                              {"/loss_scale/skipped_steps", "-2"}};
  for (const auto &change : impossible) {
    const std::string field = change.first;
    CAPTURE(field);
    CAPTURE(change.second);
    Json state = *parseJson(good, "state.json");
    state[Json::json_pointer(field)] = Json::parse(change.second);
    std::ofstream(path) << state.dump();
    const auto refused = runAttune({"train", "--resume", files->out, "--json"});
    CHECK(refused.code == 3);
    CHECK(errorCode(refused) == "malformed_file");
    CHECK(has(refused.out, field.substr(field.rfind('/') + 1)));
  }
  std::ofstream(path) << good;
  CHECK(runAttune({"train", "--resume", files->out, "--quiet"}).code == 0);
}

TEST_CASE("what checkpointing \"auto\" became stays where tiles would round differently, and may change where they do not") {
  // To see it fail: decide it anew for a resumed run.
  for (const bool tiled : {true, false}) {
    CAPTURE(tiled);
    const auto files = makeTinyRun(R"(,"max_steps":4)", 1200);
    const auto run = [&](const char *verb, std::vector<std::string> more) {
      std::vector<std::string> words = {verb, files->run, "--json", "--set", "accumulation=1", "--set"};
      words.push_back(tiled ? "batch_size=600" : "batch_size=500"); // of 16 tokens each
      words.insert(words.end(), more.begin(), more.end());
      return runAttune(words);
    };
    const auto peak = [&](const char *kind) {
      return run("plan", {"--set", std::string("checkpointing=") + kind}).json()["host_peak_bytes"].get<int64_t>();
    };
    const std::string cap = "memory_cap_bytes=" + std::to_string((peak("none") + peak("selective")) / 2);
    const auto record = [&] { return (*parseJson(slurp(files->out + "/run.json"), "run.json"))["record"]; };
    const std::string straight = files->out + "-straight";
    REQUIRE(run("train", {"--out", straight}).code == 0);
    REQUIRE(run("train", {"--out", files->out, "--stop-after", "2"}).code == 0);
    CHECK(record()["checkpointing"] == "none");
    const auto resumed = runAttune({"train", "--resume", files->out, "--set", cap, "--json"});
    if (tiled) {
      CHECK(resumed.code == 4);
      CHECK(record()["checkpointing"] == "none");
      REQUIRE(runAttune({"train", "--resume", files->out, "--quiet"}).code == 0);
    } else {
      REQUIRE_MESSAGE(resumed.code == 0, resumed.out);
      CHECK(record()["checkpointing"] != "none");
    }
    CHECK(adapterBytes(files->out) == adapterBytes(straight));
  }
}
