#include "tests/support/running_program.h"
#include "tests/support/starter_model.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using attune::test::runAttune;
using attune::test::starterModel;

TEST_CASE("tokenize: text to ids and back") {
  const auto encoded = runAttune({"tokenize", "--model", starterModel(), "--text", "Hello, world!", "--json"});
  REQUIRE(encoded.code == 0);
  const Json ids = encoded.json()["ids"];
  CHECK(ids == Json({19556, 28, 905, 17}));
  CHECK(encoded.json()["pieces"].size() == ids.size());
  CHECK(encoded.json()["text"] == "Hello, world!");

  const auto plain = runAttune({"tokenize", "--model", starterModel(), "--text", "Hello, world!"});
  CHECK(plain.out == "19556 28 905 17\n");
  const auto decoded = runAttune({"tokenize", "--model", starterModel(), "--ids", "19556 28 905 17", "--json"});
  CHECK(decoded.json()["text"] == "Hello, world!");
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--text", "", "--json"}).json()["ids"] == Json::array());
}

TEST_CASE("tokenize: text becomes a special token only when asked") {
  const auto safe = runAttune({"tokenize", "--model", starterModel(), "--text", "<|im_end|>", "--json"});
  CHECK(safe.json()["ids"].size() > 1);
  const auto special = runAttune({"tokenize", "--model", starterModel(), "--text", "<|im_end|>", "--with-special", "--json"});
  CHECK(special.json()["ids"] == Json({2}));
}

TEST_CASE("tokenize: a long file takes a few times its size of memory, and stops when told") {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 1000000; ++i) text += std::to_string(i) + (i % 3 ? " and " : "\n");
  const std::string file = folder.write("long.txt", text);
  const auto whole = runAttune({"tokenize", "--model", starterModel(), "--file", file, "--json"});
  REQUIRE(whole.code == 0);
  const size_t loading = runAttune({"tokenize", "--model", starterModel(), "--text", "a"}).peakBytes;
  CHECK(whole.peakBytes < loading + 12 * text.size());
  const auto opening = runAttune({"tokenize", "--model", starterModel(), "--text", text.substr(0, 100000), "--json"});
  CHECK(whole.out.compare(0, 20000, opening.out, 0, 20000) == 0);

  test::RunningProgram running({"tokenize", "--model", starterModel(), "--file", file, "--json"});
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  running.signal(SIGINT);
  CHECK(running.wait() == 130);
  CHECK(running.output().size() < whole.out.size());
}

TEST_CASE("tokenize: a conversation, rendered, with the trained mask and labels") {
  test::TempFolder folder;
  const std::string file = folder.write(
      "chat.json", R"([{"role":"system","content":"S"},{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes."}])");
  const auto chat = runAttune({"tokenize", "--model", starterModel(), "--messages", file, "--json"});
  REQUIRE(chat.code == 0);
  const Json result = chat.json();
  CHECK(result["text"] == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes.<|im_end|>\n");
  REQUIRE(result["labels"].size() == result["ids"].size());
  std::string trained;
  for (size_t i = 0; i < result["ids"].size(); ++i) {
    CHECK(result["trained"][i].get<bool>() == (result["labels"][i] != -100));
    if (result["trained"][i].get<bool>()) trained += result["pieces"][i].get<std::string>();
  }
  CHECK(trained == "Yes.<|im_end|>"); // the answer and its end token, not the newline behind

  const auto prompt = runAttune({"tokenize", "--model", starterModel(), "--messages", file, "--add-generation-prompt", "--json"});
  const std::string text = prompt.json()["text"];
  CHECK(text.substr(text.size() - 22) == "<|im_start|>assistant\n");
}

TEST_CASE("tokenize: mistakes") {
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--text", "a", "--ids", "1"}).code == 2);
  CHECK(runAttune({"tokenize", "--model", starterModel()}).code == 2);
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--text", "a", "--add-generation-prompt"}).code == 2);
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--ids", "1 x"}).code == 2);
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--ids", "49152"}).code == 2);
  CHECK(runAttune({"tokenize", "--model", "/no/model", "--text", "a"}).code == 1);
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--file", "/no/file"}).code == 1);
  test::TempFolder folder;
  const auto empty = runAttune({"tokenize", "--model", folder.path(), "--text", "a", "--json"});
  CHECK(empty.code == 3);
  CHECK(empty.json()["error"]["code"] == "missing_in_folder");
  CHECK(runAttune({"tokenize", "--model", starterModel(), "--messages", folder.write("m.json", "[{}]")}).code == 3);
}
