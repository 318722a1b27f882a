#include "core/io/gguf_file.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/starter_model.h"

#include <cstring>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::io;
using Bytes = attune::test::GgufBytes;

namespace {

Result<std::shared_ptr<const GgufFile>> parse(const std::string &text) {
  return GgufFile::parse({reinterpret_cast<const uint8_t *>(text.data()), text.size()}, "test.gguf");
}

std::string smallFile() {
  Bytes b;
  b.preamble(2, 7);
  b.string("general.architecture").put(uint32_t(8)).string("llama");
  b.string("a.count").put(uint32_t(4)).put(uint32_t(7));
  b.string("a.rate").put(uint32_t(6)).put(0.5f);
  b.string("a.flag").put(uint32_t(7)).put(uint8_t(1));
  b.string("a.words").put(uint32_t(9)).put(uint32_t(8)).put(uint64_t(3)).string("x").string("").string("yz");
  b.string("a.ids").put(uint32_t(9)).put(uint32_t(5)).put(uint64_t(2)).put(int32_t(-1)).put(int32_t(9));
  b.string("a.big").put(uint32_t(10)).put(~uint64_t(0));
  b.tensor("first", {2, 3}, 0, 0).tensor("second", {32}, 3, 32);
  b.pad();
  for (int i = 0; i < 6; ++i) b.put(float(i));
  b.pad();
  b.raw(std::string(20, '\x01'));
  return b.text();
}

} // namespace

TEST_CASE("gguf: metadata and tensors are read with their types") {
  const std::string text = smallFile();
  const auto parsed = parse(text);
  REQUIRE(parsed.ok());
  const GgufFile &file = **parsed;
  CHECK(file.checkData().ok());
  CHECK(*file.text("general.architecture") == "llama");
  CHECK(*file.integer("a.count") == 7);
  CHECK(*file.number("a.rate") == 0.5);
  CHECK(*file.number("a.count") == 7.0);
  CHECK(*file.flag("a.flag"));
  CHECK(*file.texts("a.words") == std::vector<std::string_view>{"x", "", "yz"});
  CHECK(*file.integers("a.ids") == std::vector<int64_t>{-1, 9});
  CHECK(*file.numbers("a.ids") == std::vector<double>{-1, 9});
  CHECK_FALSE(file.integer("a.big").has_value()); // does not fit into int64
  CHECK_FALSE(file.text("a.count").has_value());
  CHECK_FALSE(file.integer("missing").has_value());
  CHECK(file.keys().front() == "general.architecture");
  const GgufTensor *first = file.findTensor("first");
  REQUIRE(first);
  CHECK(first->shape == std::vector<int64_t>{3, 2}); // torch order
  CHECK(first->bytes == 24);
  float value = 0;
  std::memcpy(&value, file.tensorBytes(*first).data + 20, 4);
  CHECK(value == 5.0f);
  CHECK(file.findTensor("second")->bytes == 20);
}

TEST_CASE("gguf: a file cut at any byte is refused, in the header or by checkData") {
  const std::string text = smallFile();
  for (size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    const std::string cut = text.substr(0, length);
    const auto parsed = parse(cut);
    const bool whole = parsed.ok() && (*parsed)->checkData().ok();
    CHECK_FALSE(whole);
    if (!parsed.ok()) CHECK(parsed.error().code == ErrorCode::MalformedFile);
  }
}

TEST_CASE("gguf: hostile lengths and counts end in an error, not in an allocation") {
  const uint64_t huge[] = {~uint64_t(0), ~uint64_t(0) - 7, uint64_t(1) << 63, uint64_t(1) << 40};
  for (const uint64_t n : huge) {
    CHECK_FALSE(parse(Bytes().preamble(n, 0).text()).ok());
    CHECK_FALSE(parse(Bytes().preamble(0, n).text()).ok());
    CHECK_FALSE(parse(Bytes().preamble(0, 1).put(n).raw("key").text()).ok());
    CHECK_FALSE(parse(Bytes().preamble(0, 1).string("k").put(uint32_t(8)).put(n).text()).ok());
    for (uint32_t type = 0; type <= 12; ++type) {
      CHECK_FALSE(parse(Bytes().preamble(0, 1).string("k").put(uint32_t(9)).put(type).put(n).raw("12345678").text()).ok());
    }
    const auto file = parse(Bytes().preamble(1, 0).tensor("t", {n, 2}, 0, 0).pad().text());
    const bool usable = file.ok() && (*file)->checkData().ok();
    CHECK_FALSE(usable);
  }
}

TEST_CASE("gguf: what contradicts itself is refused with a reason") {
  const auto refused = [](const std::string &text, const char *reason) {
    const auto parsed = parse(text);
    const Error error = parsed.ok() ? (*parsed)->checkData().error() : parsed.error();
    INFO(error.message);
    CHECK(error.message.find(reason) != std::string::npos);
  };
  refused("GGML", "not a GGUF");
  refused(Bytes().preamble(0, 0, 1).text(), "version 1");
  refused(Bytes().preamble(0, 0, 0x03000000).text(), "big-endian");
  refused(Bytes().preamble(0, 2).string("k").put(uint32_t(0)).put(uint8_t(1)).string("k").put(uint32_t(0)).put(uint8_t(1)).text(), "twice");
  refused(Bytes().preamble(0, 1).string("k").put(uint32_t(13)).text(), "value type");
  refused(Bytes().preamble(0, 1).string("general.alignment").put(uint32_t(4)).put(uint32_t(24)).text(), "power of two");
  refused(Bytes().preamble(0, 1).string("general.alignment").put(uint32_t(4)).put(uint32_t(0)).text(), "power of two");
  refused(Bytes().preamble(1, 0).tensor("t", {1, 1, 1, 1, 1}, 0, 0).text(), "dimensions");
  refused(Bytes().preamble(1, 0).tensor("t", {31}, 3, 0).text(), "blocks");
  refused(Bytes().preamble(1, 0).tensor("t", {1}, 0, 4).text(), "aligned");
  refused(Bytes().preamble(2, 0).tensor("t", {1}, 0, 0).tensor("t", {1}, 0, 32).text(), "twice");
  refused(Bytes().preamble(1, 0).tensor("t", {1}, 99, 0).text(), "type 99");
  refused(Bytes().preamble(2, 0).tensor("t", {16}, 0, 0).tensor("u", {8}, 0, 32).pad().raw(std::string(96, 0)).text(), "overlaps");
  refused(Bytes().preamble(1, 0).tensor("t", {8}, 0, ~uint64_t(0) - 31).pad().text(), "outside");

  Bytes nested;
  nested.preamble(0, 1).string("k").put(uint32_t(9));
  for (int i = 0; i < 1000; ++i) nested.put(uint32_t(9)).put(uint64_t(1)); // arrays in arrays must not use up the stack
  refused(nested.text(), "beyond the end");
}

TEST_CASE("gguf: the starter model opens") {
  const std::string path = test::starterModel();
  if (path.empty()) return;
  const auto opened = GgufFile::open(path);
  REQUIRE(opened.ok());
  CHECK((*opened)->checkData().ok());
  CHECK((*opened)->tensors().size() == 272);
  CHECK((*opened)->texts("tokenizer.ggml.merges")->size() == 48900);
  CHECK((*opened)->findTensor("blk.0.ffn_down.weight")->shape == std::vector<int64_t>{576, 1536});
  CHECK(GgufFile::open("/nonexistent.gguf").error().code == ErrorCode::FileNotFound);
}
