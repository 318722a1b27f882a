// A SentencePiece model written as tokenizer.json cuts text as it did.
#include "core/base/atomic_file.h"
#include "core/tokenizer/sentencepiece_json.h"
#include "tests/support/temp_folder.h"
#include "tests/tokenizer/fuzz_strings.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::tokenizer;
using attune::test::TempFolder;

namespace {

const std::string kData = ATTUNE_SOURCE_DIR "/tests/data/tokenizer/sentencepiece/";

std::shared_ptr<const Tokenizer> loaded(const TempFolder &folder) {
  const auto bundle = loadTokenizer(folder.path());
  REQUIRE_MESSAGE(bundle.ok(), (bundle.ok() ? "" : bundle.error().text()));
  return bundle->tokenizer;
}

} // namespace

// To see it fail: sort the merges by id in mergesOf, or leave out the user-defined pieces.
TEST_CASE("a SentencePiece model as tokenizer.json gives the same ids and texts") {
  for (const std::string name : {"baichuan2", "internlm2"}) { // without and with a dummy prefix
    CAPTURE(name);
    const TempFolder before, after;
    before.write("tokenizer.model", readFile(kData + name + ".model").value());
    const auto words = loaded(before);
    const auto text = sentencePieceAsJson(before.path() + "/tokenizer.model", *words);
    REQUIRE(text.ok());
    after.write("tokenizer.json", *text);
    after.write("tokenizer_config.json", R"({"tokenizer_class":"PreTrainedTokenizerFast","bos_token":"<s>","eos_token":"</s>"})");
    const auto same = loaded(after);
    CHECK(same->vocabularySize() == words->vocabularySize());
    CHECK(same->bosToken() == words->bosToken());
    CHECK(same->eosToken() == words->eosToken());
    for (uint64_t block = 900; block < 904; ++block)
      for (const std::string &sample : tests::fuzzBlock(block)) {
        CAPTURE(sample);
        const auto ids = words->encode(sample, false);
        CHECK(same->encode(sample, false) == ids);
        CHECK(same->decode(ids, false) == words->decode(ids, false));
      }
    if (name == "internlm2") continue; // a dummy prefix begins anew behind markup, as behind special tokens
    CHECK(same->encode("a<reserved_1>b", true) == words->encode("a<reserved_1>b", true));
  }
}

TEST_CASE("what tokenizer.json cannot say exactly is refused: unigram models and rules of normalisation") {
  const TempFolder folder;
  folder.write("tokenizer.model", readFile(kData + "unigram.model").value());
  const auto refused = sentencePieceAsJson(folder.path() + "/tokenizer.model", *loaded(folder));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::UnsupportedFormat);
}
