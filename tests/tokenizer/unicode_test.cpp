// Normalisation and word scanning agree with their references; broken UTF-8 is replaced as Unicode counts it.
#include "core/base/json.h"
#include "core/tokenizer/normal_form.h"
#include "core/tokenizer/split_pattern.h"
#include "tests/tokenizer/fuzz_strings.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::tokenizer;
using namespace attune::tests;

namespace {

std::vector<int32_t> codes(const std::string &text) {
  std::vector<int32_t> out;
  for (size_t at = 0, length = 0; at < text.size(); at += length) out.push_back(static_cast<int32_t>(decodeUtf8(text.data() + at, length)));
  return out;
}

std::vector<std::string> markStrings() {
  std::vector<uint32_t> marks;
  for (uint32_t c = 0x41; c < 0x5B; ++c) marks.push_back(c);
  for (uint32_t c = 0x300; c < 0x350; ++c) marks.push_back(c);
  for (const uint32_t c : {0x1100, 0x1161, 0x11A8, 0xAC00, 0x5D0,  0x5B0,  0x915,  0x93C,  0x9C7,  0x9BE,   0x1D15E, 0xFF21, 0xFF71,
                           0xFF8A, 0xFF9E, 0xFF9F, 0xFFA1, 0xFFC2, 0x3131, 0x314F, 0xFB01, 0xFB03, 0xBD,    0xFDFA,  0xFEFB, 0x337F,
                           0x32FF, 0x1E9B, 0x17F,  0x3F4,  0x2126, 0xA0,   0xA8,   0x37A,  0x2011, 0x1D400, 0x1F14A})
    marks.push_back(c);
  FuzzRandom random(4242);
  std::vector<std::string> out(20000);
  for (std::string &text : out)
    for (int i = 0; i < 12; ++i) appendUtf8(text, marks[random.next() % marks.size()]);
  return out;
}

} // namespace

TEST_CASE("the normal forms equal the reference normaliser's") {
  std::vector<std::string> every;
  for (uint32_t code = 0; code < 0x110000; ++code)
    if (code < 0xD800 || code >= 0xE000) appendUtf8(every.emplace_back(), code);
  const std::vector<std::string> marks = markStrings();
  const Json expected = readJsonFile(ATTUNE_SOURCE_DIR "/tests/data/tokenizer/parity.json").value()["digests"]["normal_forms"];
  const std::pair<const char *, NormalForm> forms[] = {
      {"NFC", NormalForm::C}, {"NFD", NormalForm::D}, {"NFKC", NormalForm::KC}, {"NFKD", NormalForm::KD}};
  for (const auto &[name, form] : forms) {
    REQUIRE(expected[name].size() == 82);
    for (size_t part = 0; part < expected[name].size(); ++part) {
      IdDigest digest;
      for (const std::string &text : part == 0 ? every : part == 1 ? marks : fuzzBlock(part - 2)) {
        const MappedText made = normalized(text, form);
        if (isSurely(form, text)) REQUIRE(made.text == text);
        REQUIRE(made.begin.size() == made.text.size());
        CHECK(std::is_sorted(made.begin.begin(), made.begin.end()));
        digest.add(codes(made.text));
      }
      CHECK_MESSAGE(digest.text() == expected[name][part].get<std::string>(), name << " part " << part);
    }
  }
}

TEST_CASE("scanners cut as PCRE2 does with the same pattern") {
  for (const char *pattern : {gpt2Pattern(), llama3Pattern(), qwen2Pattern()}) {
    const auto scanner = SplitPattern::compile(pattern, "test");
    const auto engine = SplitPattern::compile(pattern, "test", false);
    REQUIRE(scanner.ok());
    REQUIRE(engine.ok());
    CHECK(scanner->tiles());
    CHECK(!engine->tiles());
    for (uint64_t block = 0; block < 5; ++block) {
      for (const std::string &text : fuzzBlock(100 + block)) {
        std::vector<PatternMatch> a, b;
        scanner->split(text, {0, text.size()}, a);
        engine->split(text, {0, text.size()}, b);
        REQUIRE_MESSAGE(a.size() == b.size(), text);
        for (size_t i = 0; i < a.size(); ++i) REQUIRE_MESSAGE((a[i].span.begin == b[i].span.begin && a[i].span.end == b[i].span.end), text);
      }
    }
  }
}

TEST_CASE("character classes are those of Unicode 16") {
  CHECK((classOf(0x1C89) & kLetter));   // new in 16
  CHECK((classOf(0x10D40) & kNumber));  // new in 16
  CHECK(!(classOf(0xA7CE) & kLetter));  // new in 17
  CHECK((classOf(0x11DE5) & kNumeric)); // 17, which only Digits knows
  CHECK(!(classOf(0x11DE5) & kNumber));
  CHECK(!(classOf(0x1C) & kSpace));
  CHECK((classOf(0x85) & kSpace));
  CHECK(!(classOf(0x200B) & kSpace));
  CHECK(classOf(0xFFFFFFFF) == 0);
}

TEST_CASE("invalid UTF-8 becomes one U+FFFD for each maximal subpart") {
  const std::string mark = "\xEF\xBF\xBD";
  const auto replaced = [](const std::string &text) { return replaceInvalidUtf8(text).text; };
  CHECK(replaced("ab") == "ab");
  CHECK(replaced("\xFF") == mark);
  CHECK(replaced("\xE4\xBD") == mark); // a character cut short
  CHECK(replaced("\xE4\xBDx") == mark + "x");
  CHECK(replaced("\xC0\x80") == mark + mark);            // overlong
  CHECK(replaced("\xED\xA0\x80") == mark + mark + mark); // a surrogate
  CHECK(replaced("\xF4\x90\x80\x80") == mark + mark + mark + mark);
  CHECK(replaced("\xF0\x9F\x98") == mark);
  CHECK(validUtf8Prefix("a\xF0\x9F\x98\x80\xE4") == 5);
}
