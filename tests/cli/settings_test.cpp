// Devices, option values, run folders and settings of the train and plan verbs, as a program. Every run is of a tiny model.
#include "core/api/config_fields.h"
#include "core/api/event_json.h"
#include "tests/support/run_results.h"
#include "tests/support/running_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <sys/stat.h>

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

namespace {

std::string errorOf(const ProgramResult &result, const char *field = "code") {
  const Json json = result.json();
  return json.is_object() && json.contains("error") ? json["error"].value(field, std::string()) : "";
}

std::vector<std::string> warnings(const std::string &lines) {
  std::vector<std::string> codes;
  for (const api::RunEvent &event : api::eventsFromText(lines)) {
    if (const auto *warning = std::get_if<api::RunWarning>(&event.body)) codes.push_back(warning->code);
  }
  return codes;
}

} // namespace

TEST_CASE("a device that is not here is refused alike by every verb that computes") {
  const auto files = makeTinyRun();
  const std::string model = files->folder.path();
  const std::vector<std::vector<std::string>> verbs = {{"train", files->run, "--out", files->out},
                                                       {"plan", files->run},
                                                       {"score", "--model", model, "--ids", "3 4 5"},
                                                       {"generate", "--model", model, "--ids", "3 4 5"},
                                                       {"doctor"}};
  for (std::vector<std::string> words : verbs) {
    CAPTURE(words[0]);
    words.insert(words.end(), {"--device", "cuda:7", "--json"});
    const auto result = runAttune(words);
    CHECK(result.code == 2);
    CHECK(errorOf(result) == "invalid_config");
    CHECK(has(errorOf(result, "where"), words[0] == "train" ? "#device" : "--device"));
    CHECK(has(errorOf(result, "message"), "here are: cpu"));
    words[words.size() - 2] = "gpu";
    CHECK(errorOf(runAttune(words)) == "usage");
  }
  CHECK(errorOf(runAttune({"train", files->run, "--set", "device=cuda:7", "--json"})) == "invalid_config");
  CHECK(runAttune({"plan", files->run, "--set", "device=cuda:7", "--memory", "16GiB", "--json"}).code == 0);
}

TEST_CASE("plan refuses targets that the model has not, as train does, and counts the adapter that is trained on") {
  const auto files = makeTinyRun(R"(,"max_steps":1)");
  for (const char *verb : {"plan", "train"}) {
    const auto refused = runAttune({verb, files->run, "--set", "lora.targets=[\"q_prj\"]", "--json"});
    CHECK(refused.code == 2);
    CHECK(errorOf(refused, "where") == files->run + "#lora.targets");
  }
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  const auto adapterBytes = [&](const std::vector<std::string> &more) {
    std::vector<std::string> words = {"plan", files->run, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Json forecast = runAttune(words).json();
    for (const Json &item : forecast["items"]) {
      if (item["name"] == "adapters") return item["bytes"].get<int64_t>();
    }
    return int64_t(-1);
  };
  CHECK(adapterBytes({"--set", "init_adapter=" + files->out + "/adapter", "--set", "lora.rank=16"}) == adapterBytes({}));
  CHECK(runAttune({"plan", files->run, "--set", "init_adapter=/nowhere"}).code == 1);
}

TEST_CASE("runs that start in the same second get folders of their own, and say which") {
  const auto files = makeTinyRun(R"(,"max_steps":1)");
  const std::string workspace = files->folder.path() + "/ws";
  for (int i = 0; i < 4; ++i) {
    const auto result = runAttune({"train", files->run, "--workspace", workspace, "--json"});
    REQUIRE_MESSAGE(result.code == 0, result.out);
    const size_t at = result.err.find("Run folder: ");
    REQUIRE(at != std::string::npos);
    const std::string folder = result.err.substr(at + 12, result.err.find('\n', at) - at - 12);
    CHECK(fs::exists(folder + "/adapter/adapter_model.safetensors"));
  }
  CHECK(std::distance(fs::directory_iterator(workspace + "/runs"), fs::directory_iterator()) == 4);
}

TEST_CASE("what a run is told to ignore or cannot mean becomes a warning") {
  const auto files = makeTinyRun(R"(,"max_steps":2,"scheduler":{"warmup_steps":9,"warmup_ratio":0.5})");
  const auto fresh = runAttune({"train", files->run, "--out", files->out, "--set", "max_length=100", "--set", "eval_steps=1", "--json"});
  REQUIRE_MESSAGE(fresh.code == 0, fresh.out);
  CHECK(warnings(fresh.out) == std::vector<std::string>{"setting_ignored", "setting_ignored", "beyond_context", "warmup_too_long"});
  CHECK(has(fresh.out, "eval_steps"));
  const auto full = runAttune({"train", files->run, "--out", files->out + "2", "--set", "method=full", "--json"});
  REQUIRE(full.code == 0);
  CHECK(has(full.out, "lora.rank, lora.dropout, because method is full"));
  const std::string adapter = "init_adapter=" + files->out + "/adapter";
  const auto other = runAttune({"train", files->run, "--out", files->out + "3", "--set", adapter, "--set", "lora.rank=8", "--set",
                                "lora.targets=[\"q_proj\"]", "--json"});
  REQUIRE(other.code == 0);
  CHECK(has(other.out, "keeps lora.rank 4, its own lora.targets"));
  const auto same = runAttune({"train", files->run, "--out", files->out + "4", "--set", adapter, "--json"});
  CHECK_FALSE(has(same.out, "adapter_settings"));
}

TEST_CASE("settings edited in run.json count as --set when a run is resumed, and the refusal says what may change") {
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "2", "--quiet"}).code == 0);
  const auto edit = [&](const char *key, const Json &value) {
    Json json = *parseJson(slurp(files->out + "/run.json"), "run.json");
    json[key] = value;
    files->folder.write("out/run.json", json.dump());
  };
  edit("method", "full");
  const auto refused = runAttune({"train", "--resume", files->out, "--json"});
  CHECK(refused.code == 2);
  CHECK(errorOf(refused, "where") == files->out + "/run.json#method");
  CHECK(has(errorOf(refused, "hint"), api::keysChangeableOnResume()));
  edit("method", "lora");
  edit("max_steps", 3);
  const auto resumed = runAttune({"train", "--resume", files->out, "--json"});
  REQUIRE_MESSAGE(resumed.code == 0, resumed.out);
  CHECK(has(resumed.out, R"("type":"setting_changed")"));
}

TEST_CASE("a resumed run computes products by the path that its record names") {
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "2", "--quiet"}).code == 0);
  Json json = *parseJson(slurp(files->out + "/run.json"), "run.json");
  REQUIRE(json["record"]["products"].contains("fp32"));
  for (const char *path : {"library", "onednn"}) { // oneDNN may be missing here, the library never is
    json["record"]["products"]["fp32"] = path;
    files->folder.write("out/run.json", json.dump());
    REQUIRE(runAttune({"train", "--resume", files->out, "--stop-after", "1", "--quiet"}).code == 0);
    const Json after = *parseJson(slurp(files->out + "/run.json"), "run.json");
    if (std::string(path) == "library") CHECK(after["record"]["products"]["fp32"] == "library");
  }
}

TEST_CASE("files of a run, model or adapter folder that are no files are named, and nothing hangs") {
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--stop-after", "2", "--quiet"}).code == 0);
  const auto refusedAt = [&](const std::string &path, const std::vector<std::string> &words) {
    CAPTURE(path);
    const auto result = runAttune(words);
    CHECK(result.code == 3);
    CHECK(errorOf(result) == "missing_in_folder");
    CHECK(errorOf(result, "where") == path);
  };
  const std::vector<std::string> resume = {"train", "--resume", files->out, "--json"};
  for (const char *name : {"/log.txt", "/events.jsonl"}) {
    const std::string path = files->out + name;
    fs::rename(path, path + ".kept");
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    refusedAt(path, resume);
    fs::remove(path);
    fs::rename(path + ".kept", path);
  }
  const std::string run = files->out + "/run.json", adapter = files->out + "/adapter";
  for (const std::string &path : {run, adapter + "/adapter_config.json", adapter + "/adapter_model.safetensors",
                                  files->folder.path() + "/config.json", files->folder.path() + "/generation_config.json"}) {
    const bool stood = fs::exists(path);
    if (stood) fs::rename(path, path + ".kept");
    fs::create_directory(path);
    if (path == run)
      refusedAt(path, resume);
    else
      refusedAt(path,
                {"generate", "--model", files->folder.path(), "--adapter", adapter, "--ids", "3 4 5", "--max-new-tokens", "1", "--json"});
    fs::remove(path);
    if (stood) fs::rename(path + ".kept", path);
  }
  std::string events = slurp(files->out + "/events.jsonl");
  files->folder.write("out/events.jsonl",
                      events + "{\"type\":\"step\",\"seq\":18446744073709551615}\n{\"type\":\"hologram\",\"seq\":9223372036854775807}\n");
  const auto resumed = runAttune(resume);
  REQUIRE(resumed.code == 0);
  for (const api::RunEvent &event : api::eventsFromText(resumed.out)) CHECK(event.seq < 1000);
}

TEST_CASE("option values: empty ones, ranges and sentences") {
  const auto files = makeTinyRun();
  for (const char *option : {"--out", "--resume", "--workspace"}) {
    const auto empty = runAttune({"train", files->run, option, "", "--json"});
    CHECK(empty.code == 2);
    CHECK(errorOf(empty, "where") == option);
  }
  CHECK(errorOf(runAttune({"tokenize", "--model=", "--text", "x", "--json"}), "where") == "--model");
  CHECK(errorOf(runAttune({"inspect", "", "--json"})) == "usage");
  for (const char *threads : {"0", "1025", "-1", "x"}) {
    const auto refused = runAttune({"doctor", "--threads", threads, "--json"});
    CHECK(refused.code == 2);
    CHECK(errorOf(refused, "where") == "--threads");
    CHECK(errorOf(refused, "message") == std::string("Value ") + threads + " not in range 1 to 1024.");
  }
  const auto seed = runAttune({"train", files->run, "--seed", "-1", "--json"});
  CHECK(seed.code == 2);
  CHECK(has(errorOf(seed, "message"), "9007199254740991"));
  CHECK(errorOf(runAttune({"train", files->run, "--json", "--set"}), "message") == "The value is missing.");
  CHECK(errorOf(runAttune({"train", files->run, "--stop-after", "0", "--json"}), "message") == "Value 0 not in range 1 to 1099511627776.");
  CHECK(errorOf(runAttune({"tokenize", "--text", "x", "--json"}), "message") == "The option --model is required.");
  CHECK(errorOf(runAttune({std::string(5000, 'x'), "--json"}), "message").size() < 1000);
  const auto help = runAttune({"train", "--help"});
  for (const api::ConfigField &field : api::configFields()) CHECK_MESSAGE(has(help.out, "  " + field.key + " = "), field.key);
  const auto given = runAttune({"train", files->run, "--set", "lora.rank=x", "--json"});
  CHECK(errorOf(given, "where") == "--set#lora.rank");
  const std::string once = runAttune({"train", files->run, "--set", "lora.rank=x"}).err;
  CHECK(once.find("lora.rank: ") == once.rfind("lora.rank: "));
  CHECK(errorOf(runAttune({"train", files->run, "--set", "memory_cap_bytes=1000", "--json"}), "where") == files->run + "#memory_cap_bytes");
}

TEST_CASE("after --stop-after the command to go on can be pasted") {
  const auto files = makeTinyRun(R"(,"max_steps":4)");
  const std::string out = files->folder.path() + "/it's a run";
  const auto stopped = runAttune({"train", files->run, "--out", out, "--stop-after", "2", "--json"});
  REQUIRE(stopped.code == 0);
  CHECK(has(stopped.err, "attune train --resume '" + files->folder.path() + "/it'\\''s a run'\n"));
}
