// The score verb as a program, over files of rows.
#include "core/base/atomic_file.h"
#include "tests/support/run_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

TEST_CASE("score --file reads token ids without a tokenizer and counts what it leaves out and cuts") {
  const TempFolder folder;
  writeTinyModel(folder);
  folder.write("generation_config.json", R"({"temperature":"hot"})"); // which only generate reads
  std::string ids = "3", labels = "3";                                // 70 tokens; the model's context is 64
  for (int i = 1; i < 70; ++i) {
    ids += ",4";
    labels += ",4";
  }
  const auto rows = folder.write("rows.jsonl", "{\"ids\":[3,4,5],\"labels\":[-100,4,5]}\n{\"ids\":[],\"labels\":[]}\n"
                                               "{\"ids\":[3,4],\"labels\":[3,-100]}\n{\"ids\":[" +
                                                   ids + "],\"labels\":[" + labels + "]}\n");
  const auto result = runAttune({"score", "--model", folder.path(), "--file", rows, "--json"});
  REQUIRE_MESSAGE(result.code == 0, result.out);
  CHECK(result.json()["rows"] == 2);
  CHECK(result.json()["dropped"] == 2);
  CHECK(result.json()["truncated"] == 1);
  CHECK(result.json()["tokens"] == 2 + 63);
  const auto text = runAttune({"score", "--model", folder.path(), "--file", rows});
  CHECK(text.err.find("2 of 4 rows are left out") != std::string::npos);
  CHECK(text.err.find("1 of 4 rows are cut") != std::string::npos);
  CHECK(runAttune({"generate", "--model", folder.path(), "--ids", "3"}).code == 3);

  const auto outside = folder.write("outside.jsonl", "{\"ids\":[3,40],\"labels\":[3,40]}\n"); // 40 tokens: 0 to 39
  CHECK(runAttune({"score", "--model", folder.path(), "--file", outside, "--json"}).json()["error"]["where"] == outside + ":1#ids[1]");
  const auto words = folder.write("words.jsonl", "{\"text\":\"a\"}\n");
  CHECK(runAttune({"score", "--model", folder.path(), "--file", words, "--json"}).json()["error"]["code"] == "missing_in_folder");
}

TEST_CASE("tensors that the model's settings do not speak of are told once by every verb that reads weights") {
  const auto files = makeTinyRun();
  std::string config = readFile(files->folder.path() + "/config.json").value();
  config.replace(config.find("\"num_hidden_layers\":2"), 21, "\"num_hidden_layers\":1");
  files->folder.write("config.json", config);
  const std::string part = "9 tensors are not of a model with these settings";
  CHECK(runAttune({"score", "--model", files->folder.path(), "--ids", "3 4"}).err.find(part) != std::string::npos);
  CHECK(runAttune({"generate", "--model", files->folder.path(), "--ids", "3 4", "--max-new-tokens", "1"}).err.find(part) !=
        std::string::npos);
  const TempFolder alone; // without the run.json beside it, which would make it a run
  writeTinyModel(alone);
  alone.write("config.json", config);
  CHECK(runAttune({"inspect", alone.path(), "--json"}).json()["problems"].dump().find(part) != std::string::npos);
  const auto trained = runAttune({"train", files->run, "--out", files->out, "--json", "--set", "max_steps=1"});
  REQUIRE_MESSAGE(trained.code == 0, trained.out);
  CHECK(trained.out.find("\"unused_tensors\"") != std::string::npos);
}
