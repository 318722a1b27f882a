// Ids equal those of Hugging Face's tokenizers on fuzzed strings (tests/parity/make_tokenizer_fixtures.py).
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/tokenizer_json.h"
#include "tests/support/starter_model.h"
#include "tests/tokenizer/fuzz_strings.h"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::tokenizer;
using namespace attune::tests;

namespace {

const std::string kFolder = ATTUNE_SOURCE_DIR "/tests/data/tokenizer/";

const Json &fixture() {
  static const Json value = readJsonFile(kFolder + "parity.json").value();
  return value;
}

std::shared_ptr<const Tokenizer> fromJson(const std::string &text) {
  auto spec = parseTokenizerJson(text, "test");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
  auto made = BpeTokenizer::create(std::move(*spec));
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().text()));
  return *made;
}

std::shared_ptr<const Tokenizer> family(const std::string &name) { return fromJson(readFile(kFolder + name + ".json").value()); }

/// Even blocks parse special tokens, odd ones do not; encodeWithOffsets must agree with encode.
void checkBlocks(const Tokenizer &tokenizer, const Json &digests, const std::string &name) {
  uint64_t number = 0;
  for (const Json &expected : digests) {
    const bool parse = number % 2 == 0;
    IdDigest digest;
    for (const std::string &text : fuzzBlock(number)) {
      const auto ids = tokenizer.encode(text, parse);
      digest.add(ids);
      const std::vector<TextSpan> whole{{0, text.size()}};
      if (number < 2) CHECK(tokenizer.encodeWithOffsets(text, parse ? std::vector<TextSpan>() : whole).ids == ids);
    }
    CHECK_MESSAGE(digest.text() == expected.get<std::string>(), name << ": ids differ in block " << number);
    ++number;
  }
  CHECK(number > 0);
}

} // namespace

TEST_CASE("starter model: 100,000 fuzzed strings give the reference ids") {
  const auto bundle = loadTokenizer(test::starterModel());
  REQUIRE_MESSAGE(bundle.ok(), (bundle.ok() ? "" : bundle.error().text()));
  CHECK(fixture()["digests"]["starter"].size() == 100);
  checkBlocks(*bundle->tokenizer, fixture()["digests"]["starter"], "starter");
}

TEST_CASE("starter model: real texts give the reference ids") {
  const auto bundle = loadTokenizer(test::starterModel());
  REQUIRE(bundle.ok());
  IdDigest licence;
  std::string text = readFile(ATTUNE_SOURCE_DIR "/LICENSE").value() + "\n";
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    licence.add(bundle->tokenizer->encode(text.substr(at, end - at), true));
  CHECK(licence.text() == fixture()["digests"]["licence"].get<std::string>());

  // 4,549 English and Chinese fields of data that is not part of the product: checked where it lies beside the checkout.
  const char *const given = std::getenv("ATTUNE_SHARED_DATA");
  const std::string folder = given ? given : ATTUNE_SOURCE_DIR "/../shared/data";
  for (const auto &[name, expected] : fixture()["digests"]["rows"].items()) {
    const auto rows = readJsonFile(folder + "/" + name);
    if (!rows.ok()) continue;
    IdDigest digest;
    for (const Json &row : *rows)
      for (const Json &field : row)
        if (field.is_string() && !field.get_ref<const std::string &>().empty())
          digest.add(bundle->tokenizer->encode(field.get_ref<const std::string &>(), true));
    CHECK_MESSAGE(digest.text() == expected.get<std::string>(), name);
  }
}

TEST_CASE("GPT-2, Llama 3 and Qwen 2 files give the reference ids") {
  for (const char *name : {"gpt2", "llama3", "qwen2"}) checkBlocks(*family(name), fixture()["digests"][name], name);
}

TEST_CASE("every pre-tokenizer variant gives the reference ids") {
  auto value = nlohmann::json::parse(readFile(kFolder + "wide.json").value());
  for (const Json &variant : fixture()["variants"]) {
    value["pre_tokenizer"] = nlohmann::json::parse(variant["pre_tokenizer"].dump());
    checkBlocks(*fromJson(value.dump()), variant["digests"], variant["name"].get<std::string>());
  }
}
