// The train verb as a program: events, exit codes, stop, resume, signals, full disks. Every run is of a tiny model.
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

TEST_CASE("train prints one event a line, ends with run_finished and leaves an adapter and a complete record") {
  const auto files = makeTinyRun(R"(,"epochs":2,"validation":{"fraction":0.2})");
  const auto result = runAttune({"train", files->run, "--out", files->out, "--json", "--seed", "7"});
  REQUIRE_MESSAGE(result.code == 0, result.err);
  const auto events = api::eventsFromText(result.out);
  REQUIRE(events.size() > 6);
  CHECK(std::holds_alternative<api::RunStarted>(events.front().body));
  CHECK(std::holds_alternative<api::RunFinished>(events.back().body));
  CHECK(all<api::RunFinished>(events).size() == 1);
  for (size_t i = 0; i < events.size(); ++i) CHECK(events[i].seq == static_cast<int64_t>(i + 1));
  const auto steps = all<api::StepMetrics>(events);
  CHECK(static_cast<int64_t>(steps.size()) == all<api::RunStarted>(events)[0].totalSteps);
  CHECK(steps.back().loss < steps.front().loss);
  CHECK(all<api::EvalResult>(events).size() == 2);
  CHECK(slurp(files->out + "/events.jsonl") == result.out);
  CHECK(fs::exists(files->out + "/adapter/adapter_config.json"));
  CHECK(fs::exists(files->out + "/checkpoints/best.json"));
  const auto written = parseJson(slurp(files->out + "/run.json"), "run.json");
  REQUIRE(written.ok());
  CHECK((*written)["seed"] == 7);
  CHECK((*written)["record"]["versions"].contains("libtorch"));
  CHECK((*written)["record"]["hashes"]["dataset"].get<std::string>().size() == 64);
  CHECK((*written)["record"]["threads"] == 1);
  CHECK((*written)["record"]["measured_host_peak_bytes"].get<int64_t>() > 0);
  CHECK((*written)["record"]["forecast_host_peak_bytes"].get<int64_t>() > 0);
  CHECK_FALSE((*written)["record"].contains("measured_device_peak_bytes")); // it ran on the CPU

  // The written run.json is a run.json: the same run again, to the same bytes.
  const auto again = runAttune({"train", files->out + "/run.json", "--out", files->out + "2", "--quiet"});
  REQUIRE_MESSAGE(again.code == 0, again.err);
  CHECK(adapterBytes(files->out) == adapterBytes(files->out + "2"));
  CHECK(runAttune({"train", files->run, "--out", files->out, "--json"}).code == 2);
}

TEST_CASE("ten and ten resumed steps of the program equal twenty, bit for bit") {
  const auto files = makeTinyRun(R"(,"max_steps":20,"log_steps":3,"scheduler":{"name":"linear","warmup_steps":4})");
  REQUIRE(runAttune({"train", files->run, "--out", files->out + "-straight", "--quiet"}).code == 0);
  const auto first = runAttune({"train", files->run, "--out", files->out, "--stop-after", "10", "--json"});
  CHECK(first.code == 0);
  CHECK(all<api::RunFinished>(api::eventsFromText(first.out)).at(0).outcome == api::RunOutcome::Stopped);
  const auto second = runAttune({"train", "--resume", files->out, "--json"});
  REQUIRE_MESSAGE(second.code == 0, second.out << second.err);
  CHECK(all<api::Resumed>(api::eventsFromText(second.out)).at(0).fromStep == 10);
  CHECK(adapterBytes(files->out) == adapterBytes(files->out + "-straight"));
  const auto straight = all<api::StepMetrics>(eventsOf(files->out + "-straight"));
  const auto joined = all<api::StepMetrics>(api::currentEvents(eventsOf(files->out)));
  REQUIRE(joined.size() == straight.size());
  for (size_t i = 0; i < joined.size(); ++i) {
    CHECK(joined[i].step == straight[i].step);
    CHECK(joined[i].loss == straight[i].loss);
    CHECK(joined[i].tokens == straight[i].tokens);
  }
}

TEST_CASE("a resumed run takes a few settings, refuses the others all at once and notes each change") {
  const auto files = makeTinyRun(R"(,"max_steps":12)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "4", "--quiet"}).code == 0);
  const auto refused = runAttune({"train", "--resume", files->out, "--set", "lora.rank=8", "--set", "batch_size=1", "--json"});
  CHECK(refused.code == 2);
  CHECK(refused.json()["problems"].size() == 2);
  const auto resumed = runAttune({"train", "--resume", files->out, "--set", "optimizer.lr=0.001", "--set", "max_steps=8", "--json"});
  REQUIRE_MESSAGE(resumed.code == 0, resumed.out);
  const auto events = api::eventsFromText(resumed.out);
  const auto changes = all<api::SettingChanged>(events);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].step == 4);
  CHECK(all<api::RunFinished>(events).at(0).step == 8);
  CHECK(all<api::StepMetrics>(events).front().lr < 0.001);
  // A run that is done can be resumed and is done again; with more epochs it goes on.
  CHECK(runAttune({"train", "--resume", files->out, "--quiet"}).code == 0);
  CHECK(runAttune({"train", "--resume", files->out, "--set", "max_steps=10", "--quiet"}).code == 0);

  const std::string rows = files->folder.path() + "/rows.jsonl", moved = files->folder.path() + "/moved.jsonl";
  fs::rename(rows, moved);
  CHECK(runAttune({"train", "--resume", files->out, "--json"}).code == 1);
  CHECK(runAttune({"train", "--resume", files->out, "--set", "dataset.0.path=" + moved, "--quiet"}).code == 0);
  std::ofstream(moved, std::ios::app) << R"({"ids":[3,4,5],"labels":[3,4,5]})"
                                      << "\n";
  const auto changed = runAttune({"train", "--resume", files->out, "--json"});
  CHECK(changed.code == 3);
  CHECK(errorCode(changed) == "invalid_data");
}

TEST_CASE("a resumed run may take other memory, where no bit of its numbers changes by that") {
  // To see it fail: leave onResume out of the fields, or the conditions out of problemOnResume; in bf16, let a recomputed layer's
  // first norm round its gradient before the residual's is added.
  for (const std::string precision : {"fp32", "bf16"}) {
    CAPTURE(precision);
    const auto files = makeTinyRun(R"(,"max_steps":8,"checkpointing":"none")");
    const std::string asked = "precision=" + precision;
    REQUIRE(runAttune({"train", files->run, "--out", files->out, "--set", asked, "--quiet"}).code == 0);
    const std::string straight = adapterBytes(files->out), part = files->out + "2";
    for (const char *kind : {"selective", "full"}) {
      CAPTURE(kind);
      fs::remove_all(part);
      REQUIRE(runAttune({"train", files->run, "--out", part, "--set", asked, "--stop-after", "4", "--quiet"}).code == 0);
      const auto resume = [&](std::vector<std::string> settings) {
        std::vector<std::string> words = {"train", "--resume", part, "--json"};
        for (const std::string &setting : settings) words.insert(words.end(), {"--set", setting});
        return runAttune(words);
      };
      const auto refused = resume({"offload=[\"layers\"]", "threads=2", "memory_cap_bytes=8000000000"});
      CHECK(refused.code == 2);
      CHECK(refused.json()["problems"].size() == 2);
      const auto resumed =
          resume({"memory_cap_bytes=8000000000", std::string("checkpointing=") + kind, "offload=[\"embeddings\"]", "keep_checkpoints=9"});
      REQUIRE_MESSAGE(resumed.code == 0, resumed.out);
      CHECK(all<api::SettingChanged>(api::eventsFromText(resumed.out)).size() == 4);
      CHECK(adapterBytes(part) == straight);
      CHECK(resume({"memory_cap_bytes=2000000"}).code == 4);
    }
  }

  const auto wide = makeTinyRun(R"(,"max_steps":4)");
  REQUIRE(runAttune({"train", wide->run, "--out", wide->out, "--stop-after", "2", "--set", "max_length=5000", "--quiet"}).code == 0);
  CHECK(runAttune({"train", "--resume", wide->out, "--set", "checkpointing=full", "--quiet"}).code == 2); // tiles round differently
}

TEST_CASE("a type that is forbidden is refused as one that the device has not") {
  // To see it fail: let computeTypeFor give the type that was asked for.
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  for (const char *verb : {"train", "plan"}) {
    std::vector<std::string> words = {verb, files->run, "--set", "precision=bf16", "--json"};
    if (verb == std::string("train")) words.insert(words.end(), {"--out", files->out});
    ::setenv("ATTUNE_TEST_COMPUTE", "plain,fp32", 1);
    const auto refused = runAttune(words);
    ::unsetenv("ATTUNE_TEST_COMPUTE");
    CHECK(refused.code == 1);
    CHECK(errorCode(refused) == "device_failed");
    CHECK(has(refused.out, "precision"));
    CHECK_FALSE(fs::exists(files->out));
  }
  ::setenv("ATTUNE_TEST_COMPUTE", "plain,bogus", 1);
  const auto unknown = runAttune({"train", files->run, "--out", files->out, "--json"});
  ::unsetenv("ATTUNE_TEST_COMPUTE");
  CHECK(unknown.code == 2);
  CHECK(errorCode(unknown) == "usage");
  CHECK(has(unknown.out, "bogus"));
}

TEST_CASE("a run whose layers wait on the host says that they are computed again, whatever checkpointing says") {
  const auto files = makeTinyRun(R"(,"max_steps":2,"checkpointing":"none","offload":["layers"])");
  const auto warned = runAttune({"train", files->run, "--out", files->out, "--json"});
  REQUIRE_MESSAGE(warned.code == 0, warned.out);
  CHECK(has(warned.out, "checkpointing_full"));
  CHECK_FALSE(
      has(runAttune({"train", files->run, "--out", files->out + "2", "--set", "checkpointing=full", "--json"}).out, "checkpointing_full"));
}

TEST_CASE("a run is not resumed with a changed model, and goes on with one that was moved") {
  // To see it fail: leave a file out of modelFingerprint, or hash names and shapes only.
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  const std::string model = files->folder.path() + "/m", weights = model + "/model.safetensors";
  fs::create_directories(model);
  for (const char *name : {"config.json", "model.safetensors"}) fs::rename(files->folder.path() + "/" + name, model + "/" + name);
  REQUIRE(runAttune({"train", files->run, "--set", "model=" + model, "--out", files->out, "--stop-after", "2", "--quiet"}).code == 0);
  const auto resume = [&] { return runAttune({"train", "--resume", files->out, "--dry-run", "--json"}); };
  CHECK(resume().code == 0);
  const auto refuses = [&](const std::string &path, const std::string &bytes) {
    CAPTURE(path);
    const bool wasThere = fs::exists(path);
    const std::string before = slurp(path);
    std::ofstream(path, std::ios::binary) << bytes;
    const auto result = resume();
    CHECK(result.code == 3);
    CHECK(errorCode(result) == "invalid_data");
    std::ofstream(path, std::ios::binary) << before;
    if (!wasThere) fs::remove(path);
  };
  std::string bytes = slurp(weights);
  bytes.back() = static_cast<char>(bytes.back() ^ 1); // the last weight of the last tensor
  refuses(weights, bytes);
  const std::string config = slurp(model + "/config.json");
  refuses(model + "/config.json", config + " ");
  refuses(model + "/chat_template.jinja", "{{ messages }}");
  fs::rename(model, model + "2");
  CHECK(runAttune({"train", "--resume", files->out, "--set", "model=" + model + "2", "--quiet"}).code == 0);
}

TEST_CASE("a run started with closed descriptors writes nothing of what it prints into its files") {
  // To see it fail: leave fillStandardDescriptors out of main.
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  const auto expected = eventsOf(files->out);
  for (const char *closed : {"--json >&-", ">/dev/null 2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    const std::string out = files->out + "-closed";
    const std::string train = std::string(ATTUNE_BINARY) + " train " + files->run + " --out " + out + " " + closed;
    CHECK(std::system(train.c_str()) == 0);
    const std::string text = slurp(out + "/events.jsonl");
    CHECK(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) == expected.size());
    const auto events = eventsOf(out);
    REQUIRE(events.size() == expected.size());
    for (size_t i = 0; i < events.size(); ++i) CHECK(events[i].seq == expected[i].seq);
    CHECK(parseJson(slurp(out + "/run.json"), "run.json").ok());
    CHECK(slurp(out + "/log.txt").find("{\"") == std::string::npos);
    CHECK(adapterBytes(out) == adapterBytes(files->out));
    fs::remove_all(out);
  }
}

TEST_CASE("a folder without a checkpoint starts again at step 0") {
  const auto files = makeTinyRun(R"(,"max_steps":6)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  const std::string bytes = adapterBytes(files->out);
  fs::remove_all(files->out + "/checkpoints");
  const auto again = runAttune({"train", "--resume", files->out, "--json"});
  REQUIRE(again.code == 0);
  CHECK(all<api::Resumed>(api::eventsFromText(again.out)).at(0).fromStep == 0);
  CHECK(adapterBytes(files->out) == bytes);
}

TEST_CASE("SIGUSR1 writes a checkpoint and goes on, SIGTERM stops with one and exit code 130") {
  const auto files = makeTinyRun(R"(,"max_steps":1000000,"save_steps":1000000,"keep_checkpoints":50)");
  RunningProgram program({"train", files->run, "--out", files->out, "--quiet"});
  const auto waitFor = [&](const char *text, size_t count) {
    return program.waitUntil([&] {
      const std::string events = slurp(files->out + "/events.jsonl");
      size_t found = 0;
      for (size_t at = events.find(text); at != std::string::npos; at = events.find(text, at + 1)) ++found;
      return found >= count;
    });
  };
  REQUIRE(waitFor("\"type\":\"step\"", 3));
  program.signal(SIGUSR1);
  REQUIRE(waitFor("\"type\":\"checkpoint\"", 1));
  const size_t steps = all<api::StepMetrics>(eventsOf(files->out)).size();
  REQUIRE(waitFor("\"type\":\"step\"", steps + 2));
  program.signal(SIGTERM);
  CHECK(program.wait() == 130);
  const auto events = eventsOf(files->out);
  CHECK(all<api::RunFinished>(events).at(0).outcome == api::RunOutcome::Stopped);
  const auto checkpoints = all<api::CheckpointSaved>(events);
  REQUIRE(checkpoints.size() == 2);
  CHECK(checkpoints.back().step == all<api::RunFinished>(events)[0].step);
  CHECK(fs::exists(files->out + "/" + checkpoints.back().path + "/adapter/adapter_model.safetensors"));
}

TEST_CASE("a lost terminal stops a run with a checkpoint, a removed folder ends it with an error") {
  const auto files = makeTinyRun(R"(,"max_steps":1000000,"save_steps":1000000)");
  RunningProgram hungUp({"train", files->run, "--out", files->out, "--quiet"});
  REQUIRE(hungUp.waitUntil([&] { return slurp(files->out + "/events.jsonl").find("\"type\":\"step\"") != std::string::npos; }));
  hungUp.signal(SIGHUP);
  CHECK(hungUp.wait() == 130);
  CHECK(all<api::CheckpointSaved>(eventsOf(files->out)).size() == 1);

  const std::string removed = files->out + "2";
  RunningProgram orphan({"train", files->run, "--out", removed, "--json"}, true);
  REQUIRE(orphan.waitUntil([&] { return slurp(removed + "/events.jsonl").find("\"type\":\"step\"") != std::string::npos; }));
  fs::remove_all(removed);
  CHECK(orphan.wait() == 1);
  CHECK(orphan.output().find("io_failed") != std::string::npos);
}

TEST_CASE("a disk that fills up during a run ends it with exit 1 and the earlier checkpoint whole") {
  const auto files = makeTinyRun(R"(,"max_steps":1000000,"save_steps":20,"log_steps":1000000)");
  RunningProgram program({"train", files->run, "--out", files->out, "--json"}, true);
  REQUIRE(program.waitUntil([&] { return fs::exists(files->out + "/checkpoints/step-20/trainer_state/state.json"); }));
  program.limitFileSize(1000);
  CHECK(program.wait() == 1);
  const auto events = api::eventsFromText(program.output());
  REQUIRE_FALSE(events.empty());
  const auto *finished = std::get_if<api::RunFinished>(&events.back().body);
  REQUIRE(finished);
  CHECK(finished->outcome == api::RunOutcome::Failed);
  REQUIRE(finished->error);
  CHECK(finished->error->code == "io_failed");
  for (const auto &entry : fs::directory_iterator(files->out + "/checkpoints"))
    CHECK(entry.path().filename().string().compare(0, 5, "step-") == 0);
  CHECK(runAttune({"train", "--resume", files->out, "--stop-after", "5", "--quiet"}).code == 0);
}

TEST_CASE("what cannot run is refused with its exit code and leaves no folder") {
  const auto files = makeTinyRun();
  const auto train = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"train", files->run, "--out", files->out, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return runAttune(words);
  };
  CHECK(train({"--set", "quantization=nf4", "--set", "method=full"}).code == 2);
  CHECK(train({"--set", "offload=[\"layers\"]", "--set", "quantization=nf4"}).code == 2);
  CHECK(errorCode(train({"--set", "precision=fp16"})) == "not_supported_yet"); // on the CPU
  CHECK(train({"--set", "lerning_rate=1"}).code == 2);
  CHECK(train({"--set", "optimizer.eps=1e-50"}).code == 2);                             // 0 in fp32
  CHECK(errorCode(train({"--set", "sample_prompts=[\"hi\"]"})) == "missing_in_folder"); // there is no tokenizer
  CHECK(train({"--set", "model=/nowhere"}).code == 1);
  CHECK(train({"--set", "dataset.0.path=/nowhere"}).code == 1);
  CHECK(train({"--set", "memory_cap_bytes=1000000"}).code == 4);
  const auto five = train({"--set", "lora.rank=0", "--set", "method=x", "--set", "epochs=-1", "--set", "foo=1", "--set", "packing=3"});
  CHECK(five.code == 2);
  CHECK(five.json()["problems"].size() == 5);
  CHECK(runAttune({"train", "--json"}).code == 2);
  CHECK(runAttune({"train", files->folder.path() + "/none.json", "--json"}).code == 1);
  CHECK(runAttune({"train", "--resume", files->folder.path() + "/none", "--json"}).code == 1);
  CHECK(runAttune({"train", files->run, "--out", "/proc/attune/run", "--json"}).code == 1); // where nobody can write
  files->folder.write("rows.jsonl", R"({"ids":[3,4,5],"labels":[-100,-100,-100]})");
  const auto nothing = train({});
  CHECK(nothing.code == 3);
  CHECK(errorCode(nothing) == "nothing_to_train");
  files->folder.write("rows.jsonl", R"({"ids":[3,4,99],"labels":[3,4,99]})");
  CHECK(train({}).code == 3);
  CHECK_FALSE(fs::exists(files->out));
}

TEST_CASE("rows left out or cut are told of the training and of the validation file") {
  const auto files = makeTinyRun(R"(,"epochs":1,"validation":{"path":"held.jsonl"})");
  const std::string more = "{\"ids\":[],\"labels\":[]}\n{\"ids\":[3,4],\"labels\":[3,-100]}\n"
                           "{\"ids\":[3,4,5,6,7,8,9,3,4,5,6,7,8,9,3,4,5],\"labels\":[3,4,5,6,7,8,9,3,4,5,6,7,8,9,3,4,5]}\n"; // 17
  files->folder.write("rows.jsonl", slurp(files->folder.path() + "/rows.jsonl") + more);
  const auto held = files->folder.write("held.jsonl", "{\"ids\":[3,4],\"labels\":[3,4]}\n" + more);
  const auto result = runAttune({"train", files->run, "--out", files->out, "--json"});
  REQUIRE_MESSAGE(result.code == 0, result.out);
  std::vector<std::string> told;
  for (const auto &warning : all<api::RunWarning>(api::eventsFromText(result.out)))
    told.push_back(warning.code + ": " + warning.message.substr(0, warning.message.find(" are")));
  CHECK(told == std::vector<std::string>{"rows_dropped: 2 of 27 rows", "rows_truncated: 1 of 27 rows",
                                         "rows_dropped: 2 of 4 rows of the validation file",
                                         "rows_truncated: 1 of 4 rows of the validation file"});

  // A vocabulary of 40: train and data check agree on the id that is not in it.
  files->folder.write("held.jsonl", "{\"ids\":[3,40],\"labels\":[3,4]}\n");
  const auto refused = runAttune({"train", files->run, "--dry-run", "--json"});
  CHECK(refused.code == 3);
  CHECK(refused.json()["error"]["where"] == held + ":1#ids[1]");
  const auto checked = runAttune({"data", "check", held, "--model", files->folder.path(), "--json"});
  CHECK(checked.code == 3);
  CHECK(checked.json()["error"]["message"] == refused.json()["error"]["message"]);
}

TEST_CASE("a dry run trains two steps, says what they took beside the forecast, and keeps nothing") {
  const auto files = makeTinyRun(R"(,"epochs":2)");
  const auto dry = runAttune({"train", files->run, "--out", files->out, "--dry-run", "--json"});
  CHECK(dry.code == 0);
  CHECK(dry.json()["dry_run"] == true);
  CHECK(dry.json()["total_steps"].get<int64_t>() > 0);
  CHECK_FALSE(fs::exists(files->out));
  CHECK(dry.json()["forecast"]["host_peak_bytes"].get<int64_t>() > int64_t(64) << 20);
  CHECK(dry.json()["measured"]["host_peak_bytes"].get<int64_t>() > int64_t(16) << 20);
  CHECK(dry.json()["measured"]["peak_bytes"] == 0); // no card
  CHECK(dry.json()["tokens_per_second"].get<double>() > 0);
  CHECK(dry.json()["epoch_tokens"].get<int64_t>() > 0);
}
