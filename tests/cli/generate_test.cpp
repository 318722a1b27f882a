// What generate, score and chat do at the edges: stop ids, numbers that are none, a full context, no chat template.
#include "tests/support/run_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace attune;
using attune::test::runAttune;

namespace {

void addTokenizer(const test::TempFolder &folder, int64_t eos) {
  folder.write("tokenizer.json", R"({"added_tokens":[{"id":)" + std::to_string(eos) + R"(,"content":"</s>","special":true}],
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})");
  folder.write("tokenizer_config.json", R"({"eos_token":"</s>"})");
}

} // namespace

TEST_CASE("generate stops raw text where the model's settings say, and a conversation at the tokenizer's end token too") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  const auto generate = [&](const std::vector<std::string> &input) {
    std::vector<std::string> words = {"generate", "--model", folder.path(), "--greedy", "--max-new-tokens", "4", "--json"};
    words.insert(words.end(), input.begin(), input.end());
    return runAttune(words);
  };
  const Json free = generate({"--ids", "2"}).json();
  REQUIRE(free["ids"].size() == 4);
  const int64_t first = free["ids"][0];
  REQUIRE(first > 2);
  addTokenizer(folder, first);
  CHECK(generate({"--ids", "2"}).json()["ids"] == free["ids"]);
  CHECK(generate({"--prompt", "ab"}).json()["ids"] == free["ids"]);
  const auto chat = generate({"--messages", folder.write("chat.json", R"([{"role":"user","content":"ab"}])")});
  CHECK(chat.json()["finish_reason"] == "stop");
  CHECK(chat.json()["ids"].empty());
  CHECK(chat.err.find("no chat template") != std::string::npos); // the plain one, as in training
  folder.write("generation_config.json", R"({"eos_token_id":[39,)" + std::to_string(first) + "]}");
  CHECK(generate({"--ids", "2"}).json()["finish_reason"] == "stop");
}

TEST_CASE("A model whose weights are NaN is refused with the tensor's name, not answered with") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  std::fstream weights(folder.path() + "/model.safetensors", std::ios::binary | std::ios::in | std::ios::out);
  weights.seekp(-4, std::ios::end);
  weights.write("\0\0\xC0\x7F", 4);
  weights.close();
  for (const std::string verb : {"generate", "score"}) {
    const auto result = runAttune({verb, "--model", folder.path(), "--ids", "5 6 7", "--json"});
    CHECK(result.code == 3);
    CHECK(result.json()["error"]["code"] == "malformed_file");
    const auto where = result.json()["error"]["where"].get<std::string>();
    CHECK(where.find(folder.path() + "/model.safetensors#model.") == 0);
  }
}

TEST_CASE("NaN and infinity are no values of a number option") {
  for (const std::string option : {"--temperature", "--top-p", "--min-p", "--repetition-penalty"})
    for (const std::string value : {"nan", "-nan", "inf", "NAN"}) {
      const auto result = runAttune({"generate", "--model", "m", "--ids", "1", option + "=" + value, "--json"});
      CHECK(result.code == 2);
      CHECK(result.json()["error"]["code"] == "usage");
    }
  CHECK(runAttune({"data", "split", "rows.jsonl", "--out", "x", "--fraction", "nan"}).code == 2);
}

TEST_CASE("A chat goes on after a message that does not fit") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  addTokenizer(folder, 39);
  std::string lengthy;
  for (int i = 0; i < 70; ++i) lengthy += "ab";
  const auto chat = runAttune({"chat", "--model", folder.path(), "--greedy", "--max-new-tokens", "100"}, lengthy + "\nab\n/exit\n");
  CHECK(chat.code == 0);
  CHECK(chat.err.find("The conversation has 70 tokens with this message, and the model sees 64.") != std::string::npos);
  CHECK(chat.err.find("/reset starts again") != std::string::npos);
}

TEST_CASE("Token ids are read the same way by every verb") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  addTokenizer(folder, 3);
  const auto code = [&](const std::string &verb, const std::string &ids) {
    std::vector<std::string> words = {verb, "--model", folder.path(), "--ids", ids};
    if (verb == "generate") words.insert(words.end(), {"--max-new-tokens", "1"});
    return runAttune(words).code;
  };
  for (const std::string verb : {"tokenize", "generate", "score"}) {
    CAPTURE(verb);
    for (const std::string good : {"1 2", "1,2", " 1 , 2 ", "[1, 2]", "[1 2]\n", "[2]"}) CHECK_MESSAGE(code(verb, good) == 0, good);
    for (const std::string bad :
         {"1+2", "1 -2", "+1", "[1, 2", "1]", "[[1]]", "1,,2", ",1", "1,", "[]", "1 2x", "0x1", "1.0", "99999999999"})
      CHECK_MESSAGE(code(verb, bad) == 2, bad);
  }
}

TEST_CASE("chat and generate tell their own default length") {
  CHECK(runAttune({"chat", "--help"}).out.find("else 512") != std::string::npos);
  CHECK(runAttune({"generate", "--help"}).out.find("else 256") != std::string::npos);
}

TEST_CASE("A broken chat template is blamed on its file; tokenize tells when there is none") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  addTokenizer(folder, 3);
  const std::string chat = folder.write("chat.json", R"([{"role":"user","content":"ab"}])");
  CHECK(runAttune({"tokenize", "--model", folder.path(), "--messages", chat}).err.find("no chat template") != std::string::npos);
  CHECK(runAttune({"tokenize", "--model", folder.path(), "--messages", chat, "--quiet"}).err.empty());
  const std::string file = folder.write("chat_template.jinja", "{{ 1 +* }}");
  for (const std::string verb : {"tokenize", "generate"}) {
    const Json error = runAttune({verb, "--model", folder.path(), "--messages", chat, "--json"}).json()["error"];
    CHECK(error["where"] == file + ":1");
    CHECK(error["hint"].get<std::string>().find("chatml") != std::string::npos);
  }
  const auto other = runAttune({"tokenize", "--model", folder.path(), "--messages", chat, "--template", "plain", "--json"});
  REQUIRE(other.code == 0);
  CHECK(other.json()["template"] == "plain");
  CHECK(runAttune({"tokenize", "--model", folder.path(), "--messages", chat, "--template", "plian"}).code == 2);
}

TEST_CASE("score --json refuses logits on stdout, and an empty file has nothing to score") {
  test::TempFolder folder;
  test::writeTinyModel(folder);
  addTokenizer(folder, 3);
  for (const std::string path : {"/dev/stdout", "/dev/fd/1"}) {
    const auto mixed = runAttune({"score", "--model", folder.path(), "--ids", "1 2", "--logits", path, "--json"});
    CHECK(mixed.code == 2);
    CHECK(mixed.json()["error"]["where"] == "--logits");
  }
  const auto empty = runAttune({"score", "--model", folder.path(), "--file", folder.write("e.jsonl", ""), "--json"});
  CHECK(empty.code == 3);
  CHECK(empty.json()["error"]["code"] == "nothing_to_train");
  CHECK(empty.json()["error"]["hint"].get<std::string>().find("train_on") == std::string::npos);
}
