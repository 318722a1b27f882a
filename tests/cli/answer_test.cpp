// score and generate as programs, on a tiny model that has a tokenizer: which tokens go in, which of them count.
#include "core/api/event_json.h"
#include "tests/support/run_program.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace attune;
using namespace attune::test;

namespace {

const char *const kTemplate = "{{ bos_token }}{% for m in messages %}{{ m.role[0] }}:{{ m.content }}<e>\\n{% endfor %}"
                              "{% if add_generation_prompt %}a:{% endif %}";
const char *const kRows = R"({"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes"}]})"
                          "\n"
                          R"({"messages":[{"role":"user","content":"why so"},{"role":"assistant","content":"no<e> because"}]})"
                          "\n";

/// The tiny model with one token a character: <s> begins, <e> ends.
void writeTalkingModel(const TempFolder &folder) {
  writeTinyModel(folder);
  Json vocabulary = {{"<pad>", 0}, {"<s>", 1}, {"<e>", 2}};
  for (int c = 0; c < 26; ++c) vocabulary[std::string(1, static_cast<char>('a' + c))] = 3 + c;
  const char *const more[] = {"\u0120", "\u010a", "<", ">", ":", "|", "?", "."};
  for (size_t i = 0; i < 8; ++i) vocabulary[more[i]] = 29 + i;
  Json added = Json::array();
  for (const auto &[id, content] : {std::pair<int, const char *>{1, "<s>"}, {2, "<e>"}})
    added.push_back({{"id", id},
                     {"content", content},
                     {"special", true},
                     {"normalized", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"single_word", false}});
  const auto token = [](const char *kind, const char *id) { return Json{{kind, {{"id", id}, {"type_id", 0}}}}; };
  const Json begins = {{"type", "TemplateProcessing"},
                       {"single", Json::array({token("SpecialToken", "<s>"), token("Sequence", "A")})},
                       {"pair", Json::array({token("SpecialToken", "<s>"), token("Sequence", "A"), token("Sequence", "B")})},
                       {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}};
  const Json tokenizer = {{"version", "1.0"},
                          {"added_tokens", added},
                          {"post_processor", begins},
                          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                          {"decoder", {{"type", "ByteLevel"}}},
                          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}};
  folder.write("tokenizer.json", tokenizer.dump());
  folder.write("tokenizer_config.json", std::string(R"({"bos_token":"<s>","eos_token":"<e>","chat_template":")") + kTemplate + "\"}");
}

Json ask(std::vector<std::string> words, const std::string &model) {
  words.insert(words.end(), {"--model", model, "--json"});
  const ProgramResult result = runAttune(words);
  REQUIRE_MESSAGE(result.code == 0, result.out << result.err);
  return result.json();
}

std::string idText(const Json &ids) {
  std::string text;
  for (const Json &id : ids) text += std::to_string(id.get<int>()) + " ";
  return text;
}

} // namespace

TEST_CASE("score sums over the scored tokens, and written text holds no special tokens") {
  const TempFolder folder;
  writeTalkingModel(folder);
  const Json ids = ask({"score", "--ids", "1 10 20 30"}, folder.path());
  CHECK(ids["tokens"] == 3);
  REQUIRE(ids["logprobs"].size() == 4);
  CHECK(ids["logprobs"][0].is_null());
  double sum = 0;
  for (size_t i = 1; i < 4; ++i) sum -= ids["logprobs"][i].get<double>();
  CHECK(ids["nll"].get<double>() == doctest::Approx(sum));
  CHECK(ids["perplexity"].get<double>() == doctest::Approx(std::exp(sum / 3)));
  // Silent bug 14. To see it fail: let ModelSession::encode parse special tokens, or leave out its begin token.
  const Json text = ask({"score", "--text", "a<e>b"}, folder.path());
  CHECK(text["logprobs"] == ask({"score", "--ids", "1 3 31 7 32 4"}, folder.path())["logprobs"]);
}

TEST_CASE("score --file counts the answers and their end tokens only, over all rows alike") {
  // Silent bug 18. To see it fail: score the prompts too in scoreFile, or report a mean of the rows' means.
  const TempFolder folder;
  writeTalkingModel(folder);
  const Json file = ask({"score", "--file", folder.write("rows.jsonl", kRows)}, folder.path());
  CHECK(file["rows"] == 2);
  CHECK(file["tokens"] == 4 + 14); // "yes" and "no<e> because", whose "<e>" is text, each with an end token
  double sum = 0;
  for (const char *messages : {R"([{"role":"user","content":"hi"},{"role":"assistant","content":"yes"}])",
                               R"([{"role":"user","content":"why so"},{"role":"assistant","content":"no<e> because"}])"}) {
    const Json chat = ask({"tokenize", "--messages", folder.write("chat.json", messages)}, folder.path());
    const Json scores = ask({"score", "--ids", idText(chat["ids"])}, folder.path())["logprobs"];
    for (size_t i = 0; i < scores.size(); ++i) sum -= chat["trained"][i].get<bool>() ? scores[i].get<double>() : 0.0;
  }
  CHECK(file["nll"].get<double>() == doctest::Approx(sum).epsilon(1e-6));
  CHECK(file["perplexity"].get<double>() == doctest::Approx(std::exp(sum / 18)).epsilon(1e-6));
}

TEST_CASE("the validation loss of a run is the one that score finds with its adapter") {
  // Silent bug 18 (masks of training and evaluation). To see it fail: encode validation.path with train_on all in readRunInputs.
  const TempFolder folder;
  writeTalkingModel(folder);
  folder.write("rows.jsonl", kRows);
  folder.write("held.jsonl", kRows);
  const std::string out = folder.path() + "/out";
  const std::string run = folder.write(
      "run.json", R"({"model":".","dataset":[{"path":"rows.jsonl"}],"validation":{"path":"held.jsonl"},"max_length":64,"epochs":4,)"
                  R"("precision":"fp32","threads":1,"lora":{"rank":4},"optimizer":{"lr":0.01}})");
  const auto trained = runAttune({"train", run, "--out", out, "--json"});
  REQUIRE_MESSAGE(trained.code == 0, trained.out << trained.err);
  std::optional<api::EvalResult> last;
  for (const api::RunEvent &event : api::eventsFromText(trained.out)) {
    if (const auto *result = std::get_if<api::EvalResult>(&event.body)) last = *result;
  }
  REQUIRE(last.has_value());
  const Json tuned = ask({"score", "--file", folder.path() + "/held.jsonl", "--adapter", out + "/adapter"}, folder.path());
  CHECK(tuned["tokens"] == last->trainedTokens);
  CHECK(tuned["nll"].get<double>() / 18 == doctest::Approx(last->loss).epsilon(1e-5));
  CHECK(ask({"score", "--file", folder.path() + "/held.jsonl"}, folder.path())["nll"].get<double>() / 18 > last->loss * 1.01);
}

TEST_CASE("generate answers the rendered conversation or the text as it stands, and streams what it says") {
  // Silent bug 14. To see it fail: leave the generation prompt out of ModelSession::encodeChat, let ModelSession::encode parse
  // special tokens, leave out its begin token, or put one before the template's in encodeChat.
  const TempFolder folder;
  writeTalkingModel(folder);
  const std::string chat = folder.write("chat.json", R"([{"role":"user","content":"hi <e>\na: x"}])");
  const Json prompt = ask({"tokenize", "--messages", chat, "--add-generation-prompt"}, folder.path())["ids"];
  CHECK(idText(prompt).compare(0, 5, "1 23 ") == 0); // the template's <s> and no other, then "u"
  const auto answer = [&](const std::string &option, const std::string &value) {
    return ask({"generate", option, value, "--greedy", "--max-new-tokens", "24"}, folder.path());
  };
  const Json spoken = answer("--messages", chat);
  CHECK(spoken["ids"].size() > 3);
  CHECK(spoken["ids"] == answer("--ids", idText(prompt))["ids"]);
  CHECK(spoken["text"] == ask({"tokenize", "--ids", idText(spoken["ids"])}, folder.path())["text"]);
  const Json plain = answer("--prompt", "a<e>b");
  CHECK(plain["ids"] == answer("--ids", "1 3 31 7 32 4")["ids"]);
  CHECK(plain["ids"] != answer("--ids", "3 31 7 32 4")["ids"]);
  CHECK(plain["ids"] != answer("--ids", "1 3 2 4")["ids"]);
}
