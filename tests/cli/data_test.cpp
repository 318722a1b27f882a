#include "tests/support/run_program.h"
#include "tests/support/running_program.h"
#include "tests/support/starter_model.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/syscall.h>

using namespace attune;
using attune::test::runAttune;
using attune::test::starterModel;

namespace {
const char *const kGood = "{\"instruction\":\"What is LoRA?\",\"output\":\"A small adapter.\"}\n"
                          "{\"instruction\":\"And rank?\",\"output\":\"Its width.\"}\n";
}

TEST_CASE("data check: good rows pass, a broken row is named and refused") {
  test::TempFolder folder;
  const auto good = runAttune({"data", "check", folder.write("good.jsonl", kGood), "--json"});
  CHECK(good.code == 0);
  CHECK(good.json()["rows"] == 2);
  CHECK(good.json()["format"] == "alpaca");
  CHECK(good.json()["problems"] == Json::array());

  const std::string path = folder.write("bad.jsonl", std::string(kGood) + "{\"instruction\":\"no answer\"}\n{broken\n");
  const auto bad = runAttune({"data", "check", path, "--json"});
  CHECK(bad.code == 3);
  REQUIRE(bad.json()["problems"].size() == 2);
  const Json problem = bad.json()["problems"][0];
  CHECK(problem["file"] == path);
  CHECK(problem["row"] == 2);
  CHECK(problem["line"] == 3);
  CHECK(problem["field"] == "output");
  CHECK(problem["code"] == "missing_field");
  CHECK(bad.json()["error"]["code"] == "invalid_data");
  CHECK(runAttune({"data", "check", path}).code == 3);
}

TEST_CASE("data check: files that are missing, empty or of an unknown action") {
  test::TempFolder folder;
  const auto missing = runAttune({"data", "check", "/no/rows.jsonl", "--json"});
  CHECK(missing.code == 1);
  CHECK(missing.json()["error"]["code"] == "file_not_found");
  const auto empty = runAttune({"data", "check", folder.write("empty.jsonl", ""), "--json"});
  CHECK(empty.code == 3);
  REQUIRE(empty.json()["problems"].size() == 1);
  CHECK(empty.json()["problems"][0]["code"] == "nothing_to_train");
  CHECK(empty.json()["problems"][0]["row"].is_null());
  CHECK(runAttune({"data", "chekc", "x"}).code == 2);
  CHECK(runAttune({"data", "preview", folder.write("good.jsonl", kGood)}).code == 2);
}

TEST_CASE("data stats and preview count and show tokens") {
  test::TempFolder folder;
  const std::string path = folder.write("good.jsonl", kGood);
  const auto stats = runAttune({"data", "stats", path, "--model", starterModel(), "--json"});
  REQUIRE(stats.code == 0);
  CHECK(stats.json()["length"]["unit"] == "tokens");
  CHECK(stats.json()["trained_tokens"].get<int64_t>() > 0);
  CHECK(stats.json()["longest_rows"][0]["file"] == path);
  CHECK(runAttune({"data", "stats", path}).code == 0);
  // "tokens" are those that train, in both verbs.
  const auto cut = runAttune({"data", "stats", path, "--model", starterModel(), "--max-length", "34", "--json"});
  const auto check = runAttune({"data", "check", path, "--model", starterModel(), "--max-length", "34", "--json"});
  CHECK(cut.json()["tokens"] == check.json()["tokens"]);
  CHECK(cut.json()["trained_tokens"] == check.json()["trained_tokens"]);
  CHECK(cut.json()["tokens_before_cut"] == stats.json()["tokens"]);

  const auto preview = runAttune({"data", "preview", path, "--model", starterModel(), "--count", "1", "--json"});
  REQUIRE(preview.code == 0);
  REQUIRE(preview.json()["preview"].size() == 1);
  const Json row = preview.json()["preview"][0];
  CHECK(row["ids"].size() == row["labels"].size());
  CHECK(row["text"].get<std::string>().find("A small adapter.") != std::string::npos);
  const auto text = runAttune({"data", "preview", path, "--model", starterModel(), "--count", "1"});
  CHECK(text.out.find(">>A small adapter.<|im_end|><<") != std::string::npos);
}

TEST_CASE("data convert and split write files") {
  test::TempFolder folder;
  const std::string path = folder.write("good.jsonl", kGood);
  const std::string out = folder.path() + "/out.jsonl";
  CHECK(runAttune({"data", "convert", path, "--format", "messages", "--out", out}).code == 0);
  CHECK(runAttune({"data", "check", out, "--json"}).json()["format"] == "messages");
  const auto again = runAttune({"data", "convert", path, "--format", "messages", "--out", out, "--json"});
  CHECK(again.code == 2);
  CHECK(again.json()["error"]["where"] == out);
  CHECK(again.json()["error"]["hint"].get<std::string>().find("--overwrite") != std::string::npos);
  const auto over = runAttune({"data", "convert", path, "--format", "messages", "--out", out, "--overwrite", "--json"});
  CHECK(over.code == 0);
  CHECK(over.json()["columns"] == Json({"messages"}));
  CHECK(over.json()["empty_rows"] == 0);
  const auto piped = runAttune({"data", "convert", path, "--format", "messages", "--out", "/dev/stdout"});
  CHECK(piped.out == test::slurp(out));
  CHECK(runAttune({"data", "convert", path, "--format", "messages", "--out", "/dev/stdout", "--json"}).code == 2);

  const std::vector<std::string> splitting = {"data", "split", path, "--out", folder.path() + "/s.jsonl", "--json", "--fraction"};
  const auto split = [&](const std::string &fraction) {
    auto words = splitting;
    words.push_back(fraction);
    return runAttune(words);
  };
  CHECK(split("0").code == 2);
  const auto done = split("0.5");
  CHECK(done.code == 0);
  CHECK(done.json()["validation"]["rows"] == 1);
  CHECK(done.json()["rows"] == 2);
  CHECK(done.json()["format"] == "alpaca");
  CHECK(done.json()["columns"] == Json({"instruction", "output"}));
  CHECK(done.json()["shared_rows"] == 0);
  CHECK(split("0.5").code == 2); // the parts exist now
  CHECK(runAttune({"data", "convert", path}).code == 2);
}

TEST_CASE("data convert: a file that shrinks while it is read is an I/O failure that leaves nothing behind") {
  test::TempFolder folder;
  std::string rows;
  while (rows.size() < (size_t(80) << 20)) rows += "{\"instruction\":\"a\",\"output\":\"" + std::string(1000, 'b') + "\"}\n";
  const std::string path = folder.write("big.jsonl", rows);
  const std::string out = folder.path() + "/out.jsonl";
  const auto parts = [&] {
    int count = 0;
    for (const auto &entry : std::filesystem::directory_iterator(folder.path())) count += entry.path() != path && entry.file_size() > 0;
    return count;
  };
  test::RunningProgram program({"data", "convert", path, "--format", "messages", "--out", out, "--json"});
  REQUIRE(program.waitUntil([&] { return parts() > 0; }));
  REQUIRE(::truncate(path.c_str(), 4096) == 0);
  CHECK(program.wait() == 1);
  const auto report = parseJson(program.output(), "stdout");
  REQUIRE(report.ok());
  CHECK(report->at("error")["code"] == "io_failed");
  CHECK(report->at("error")["where"] == path);
  CHECK(parts() == 0);
}

TEST_CASE("With --json no data go to stdout, under whatever name") {
  test::TempFolder folder;
  const std::string path = folder.write("good.jsonl", kGood);
  const std::string link = folder.path() + "/out.jsonl";
  std::filesystem::create_symlink("/dev/fd/1", link);
  for (const std::vector<std::string> &words : {std::vector<std::string>{"data", "convert", path, "--format", "messages", "--out"},
                                                {"data", "split", path, "--fraction", "0.5", "--out"}}) {
    auto all = words;
    all.insert(all.end(), {link, "--json"});
    const auto refused = runAttune(all);
    CHECK(refused.code == 2);
    CHECK(refused.json()["error"]["where"] == "--out");
  }
}

TEST_CASE("A signal while a pipe waits for its reader is an interruption") {
  test::TempFolder folder;
  const std::string path = folder.write("good.jsonl", kGood);
  const std::string pipe = folder.path() + "/pipe.jsonl";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    test::RunningProgram program({"data", "convert", path, "--format", "messages", "--out", pipe, "--json"});
    CHECK(program.waitUntil([&] { return program.blockedIn(SYS_openat); }));
    program.signal(signal);
    CHECK(program.wait() == 130);
    CHECK(program.output().find("interrupted") != std::string::npos);
  }
}

TEST_CASE("data: an option that means nothing to an action is refused, a row beyond the end is told") {
  test::TempFolder folder;
  const std::string path = folder.write("good.jsonl", kGood);
  for (const std::vector<std::string> &option :
       {std::vector<std::string>{"--out", folder.path() + "/x.jsonl"}, {"--overwrite"}, {"--fraction", "0.5"}, {"--first", "1"}}) {
    auto words = std::vector<std::string>{"data", "check", path, "--json"};
    words.insert(words.end(), option.begin(), option.end());
    const auto refused = runAttune(words);
    CHECK(refused.code == 2);
    CHECK(refused.json()["error"]["where"] == option[0]);
  }
  const auto beyond = runAttune({"data", "preview", path, "--model", starterModel(), "--first", "2"});
  CHECK(beyond.code == 0);
  CHECK(beyond.err.find("the last one is row 1") != std::string::npos);
  const auto empty = runAttune({"data", "split", folder.write("e.jsonl", ""), "--out", folder.path() + "/s.jsonl", "--json"});
  CHECK(empty.code == 3);
  CHECK(empty.json()["error"]["message"] == "There are no rows to split.");
}

TEST_CASE("What rows hold cannot steer a terminal") {
  test::TempFolder folder;
  const std::string steering = "\\u001b]0;owned\\u0007\\u009b31m\\r\\u202e";
  const std::string path = folder.write("rows.jsonl", "{\"instruction\":\"q" + steering + "\",\"output\":\"a\"}\n");
  const std::string roles = folder.write("roles.jsonl", "{\"messages\":[{\"role\":\"x" + steering + "\",\"content\":\"a\"}]}\n");
  const auto clean = [](const std::string &text) {
    return text.find_first_of("\x1b\x07\r") == std::string::npos && text.find("\xC2\x9B") == std::string::npos &&
           text.find("\xE2\x80\xAE") == std::string::npos;
  };
  const std::string shown = "\\x1b]0;owned\\x07\\x9b31m\\x0d\\xe2\\x80\\xae";
  const auto check = runAttune({"data", "check", roles});
  CHECK_MESSAGE(check.out.find(shown) != std::string::npos, check.out);
  CHECK(clean(check.out));
  CHECK_MESSAGE(check.err.find(shown) != std::string::npos, check.err);
  CHECK(clean(check.err));
  CHECK(clean(runAttune({"inspect", roles}).out));
  const auto preview = runAttune({"data", "preview", path, "--model", starterModel()});
  CHECK(preview.out.find("q" + shown) != std::string::npos);
  CHECK(clean(preview.out));
  CHECK(!clean(runAttune({"data", "preview", path, "--model", starterModel(), "--json"}).json()["preview"][0]["text"].get<std::string>()));
}
