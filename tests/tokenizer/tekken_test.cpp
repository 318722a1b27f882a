// tekken.json: ranks, ids behind the special tokens, hostile files.
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/tekken.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::tokenizer;

namespace {

using Ids = std::vector<TokenId>;

// Bytes a, b, c, space (ranks 0 to 3), then ab, bc, abc.
const std::string kSmall = R"({"config":{"pattern":" ?[a-c]+","num_vocab_tokens":7,"default_vocab_size":10,"default_num_special_tokens":3,
  "version":"v3"},"vocab":[{"rank":0,"token_bytes":"YQ==","token_str":"a"},{"rank":1,"token_bytes":"Yg==","token_str":"b"},
  {"rank":2,"token_bytes":"Yw==","token_str":"c"},{"rank":3,"token_bytes":"IA==","token_str":" "},
  {"rank":4,"token_bytes":"YWI=","token_str":"ab"},{"rank":5,"token_bytes":"YmM=","token_str":"bc"},
  {"rank":6,"token_bytes":"YWJj","token_str":null}]})";

std::string with(const std::string &from, const std::string &to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::shared_ptr<const BpeTokenizer> made(const std::string &text) {
  auto spec = parseTekken(text, "tekken.json");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
  return BpeTokenizer::create(std::move(*spec)).value();
}

void checkRefused(const std::string &text, const std::string &where) {
  const auto spec = parseTekken(text, "tekken.json");
  REQUIRE_FALSE(spec.ok());
  CHECK(spec.error().code == ErrorCode::MalformedFile);
  CHECK_MESSAGE(spec.error().where == where, spec.error().text());
}

} // namespace

TEST_CASE("tekken: ids by rank, the leftmost of equal ranks first, whole words uncut") {
  const auto tokenizer = made(kSmall);
  CHECK(tokenizer->encode("abc", false) == Ids{9});
  CHECK(tokenizer->encode("bcab abc", false) == Ids{8, 7, 6, 9});
  CHECK(tokenizer->encode("abab", false) == Ids{7, 7});
  CHECK(tokenizer->encode("<s>a</s>", true) == Ids{1, 3, 2});
  CHECK(tokenizer->prefixTokens() == Ids{1});
  CHECK(tokenizer->eosToken() == 2);
  CHECK(tokenizer->decode({1, 8, 6, 9}, true) == "bc abc");
}

TEST_CASE("tekken: listed special tokens, and names for the rest") {
  const auto tokenizer = made(
      with(R"("vocab":)", R"("special_tokens":[{"rank":1,"token_str":"</s>","is_control":true},{"rank":0,"token_str":"<s>"}],"vocab":)"));
  CHECK(tokenizer->bosToken() == 0);
  CHECK(tokenizer->eosToken() == 1);
  CHECK(tokenizer->piece(2) == "<SPECIAL_2>");
  CHECK(tokenizer->isSpecial(2));
}

TEST_CASE("tekken: broken files are refused with their place") {
  checkRefused("", "tekken.json:1");
  checkRefused("[]", "tekken.json");
  checkRefused("{}", "tekken.json#config");
  checkRefused(with(R"("pattern":" ?[a-c]+",)", ""), "tekken.json#config.pattern");
  checkRefused(with(R"("default_vocab_size":10)", R"("default_vocab_size":99999999999)"), "tekken.json#config.default_vocab_size");
  checkRefused(with(R"("default_vocab_size":10)", R"("default_vocab_size":3)"), "tekken.json#config.default_vocab_size");
  checkRefused(with(R"("default_vocab_size":10)", R"("default_vocab_size":11)"), "tekken.json#vocab");
  checkRefused(with(R"("default_num_special_tokens":3)", R"("default_num_special_tokens":-1)"),
               "tekken.json#config.default_num_special_tokens");
  checkRefused(with("YWI=", "YW!="), "tekken.json#vocab[4]");
  checkRefused(with("YWI=", "YWI"), "tekken.json#vocab[4]");
  checkRefused(with("YWI=", ""), "tekken.json#vocab[4]");
  checkRefused(with("YWI=", "Yg=="), "tekken.json#vocab[4]");
  checkRefused(with(R"({"rank":4)", R"({"rank":5)"), "tekken.json#vocab[4]");
  checkRefused(with(R"("vocab":)", R"("special_tokens":[{"rank":3,"token_str":"x"}],"vocab":)"), "tekken.json#special_tokens");
  checkRefused(with(R"("vocab":)", R"("special_tokens":[{"rank":0,"token_str":"x"},{"rank":0,"token_str":"y"}],"vocab":)"),
               "tekken.json#special_tokens");
}
