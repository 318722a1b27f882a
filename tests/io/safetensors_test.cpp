#include "core/io/safetensors.h"
#include "tests/support/temp_folder.h"

#include <cstring>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::io;

namespace {

std::string fileOf(const std::string &header, const std::string &data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + header + data;
}

Result<std::shared_ptr<const SafetensorsFile>> parse(const std::string &text) {
  return SafetensorsFile::parse({reinterpret_cast<const uint8_t *>(text.data()), text.size()}, "test.safetensors");
}

void refused(const std::string &header, const std::string &data, const char *reason) {
  const std::string text = fileOf(header, data);
  const auto parsed = parse(text);
  CAPTURE(header);
  REQUIRE_FALSE(parsed.ok());
  INFO(parsed.error().message);
  CHECK(parsed.error().code == ErrorCode::MalformedFile);
  CHECK(parsed.error().message.find(reason) != std::string::npos);
}

std::string entry(const std::string &name, const std::string &dtype, const std::string &shape, const std::string &offsets) {
  std::string text;
  for (const char *part :
       {"\"", name.c_str(), R"(":{"dtype":")", dtype.c_str(), R"(","shape":)", shape.c_str(), R"(,"data_offsets":)", offsets.c_str(), "}"})
    text += part;
  return text;
}

const std::string kSmall = std::string("{") + entry("a", "F32", "[1,2]", "[0,8]") + "," + entry("scalar", "U8", "[]", "[8,9]") + "," +
                           entry("empty", "BF16", "[0,3]", "[9,9]") + R"(,"__metadata__":{"format":"pt"}})";

} // namespace

TEST_CASE("safetensors: written and read back") {
  test::TempFolder folder;
  const std::string path = folder.path() + "/x.safetensors";
  const float values[6] = {1, 2, 3, 4, 5, 6};
  const uint8_t byte = 7;
  auto writer = SafetensorsWriter::create(path, {{"w", DType::F32, {2, 3}}, {"one", DType::U8, {}}, {"none", DType::BF16, {0, 4}}});
  REQUIRE(writer.ok());
  const auto *bytes = reinterpret_cast<const uint8_t *>(values);
  CHECK(writer->write({bytes, 5}).ok()); // in pieces of any size
  CHECK(writer->write({bytes + 5, 19}).ok());
  CHECK_FALSE(SafetensorsFile::open(path).ok()); // nothing in place before commit
  CHECK(writer->write({&byte, 1}).ok());
  CHECK(writer->commit().ok());

  const auto file = SafetensorsFile::open(path);
  REQUIRE(file.ok());
  CHECK((*file)->metadata().at("format") == "pt");
  CHECK((*file)->entries().size() == 3);
  const SafetensorsEntry *w = (*file)->find("w");
  REQUIRE(w);
  CHECK(w->shape == std::vector<int64_t>{2, 3});
  CHECK(w->offset % 8 == 0);
  CHECK(std::memcmp((*file)->bytes(*w).data, values, sizeof values) == 0);
  CHECK(*(*file)->bytes(*(*file)->find("one")).data == 7);
  CHECK((*file)->find("none")->bytes == 0);
}

TEST_CASE("safetensors: a writer that is fed wrongly leaves no file") {
  test::TempFolder folder;
  const std::string path = folder.path() + "/x.safetensors";
  const uint8_t bytes[8] = {};
  {
    auto writer = SafetensorsWriter::create(path, {{"w", DType::F32, {1}}});
    REQUIRE(writer.ok());
    CHECK_FALSE(writer->commit().ok());
    CHECK_FALSE(writer->write({bytes, 8}).ok());
  }
  CHECK(SafetensorsFile::open(path).error().code == ErrorCode::FileNotFound);
  CHECK_FALSE(SafetensorsWriter::create(path, {{"w", DType::F32, {1}}, {"w", DType::F32, {1}}}).ok());
  CHECK_FALSE(SafetensorsWriter::create(path, {{"w", DType::Q4_0, {32}}}).ok());
  CHECK(SafetensorsWriter::create("/nonexistent/x.safetensors", {}).error().code == ErrorCode::IoFailed);
}

TEST_CASE("safetensors: cut at any byte it is refused") {
  const std::string text = fileOf(kSmall, "123456789");
  REQUIRE(parse(text).ok());
  for (size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    const std::string cut = text.substr(0, length);
    const auto parsed = parse(cut);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == ErrorCode::MalformedFile);
  }
}

TEST_CASE("safetensors: hostile headers are refused") {
  const std::string eight = "12345678";
  refused(std::string("{") + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[1]", "[4,8]") + "}", eight, "overlaps");
  refused(std::string("{") + entry("a", "F32", "[1]", "[0,4]") + "}", eight, "belong to no tensor");
  refused(std::string("{") + entry("a", "F32", "[1]", "[4,8]") + "}", eight, "hole");
  refused(std::string("{") + entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "U8", "[2]", "[6,8]") + "}", eight, "hole");
  refused(std::string("{") + entry("a", "F32", "[3]", "[0,8]") + "}", eight, "size that its shape");
  refused(std::string("{") + entry("a", "F32", "[4]", "[0,16]") + "}", eight, "beyond the end");
  refused(std::string("{") + entry("a", "F32", "[4611686018427387904,4]", "[0,8]") + "}", eight, "impossible shape");
  refused(std::string("{") + entry("a", "F32", "[4611686018427387904]", "[0,8]") + "}", eight, "impossible shape"); // bytes overflow
  refused(std::string("{") + entry("a", "F32", "[18446744073709551615]", "[0,8]") + "}", eight, "impossible shape");
  refused(std::string("{") + entry("a", "F32", "[2]", "[8,0]") + "}", eight, "");
  refused(std::string("{") + entry("a", "F32", "[2]", "[0,18446744073709551615]") + "}", eight, "beyond the end");
  refused(std::string("{") + entry("a", "F32", "[-2]", "[0,8]") + "}", eight, "does not belong");
  refused(std::string("{") + entry("a", "F32", "[2.0]", "[0,8]") + "}", eight, "does not belong");
  refused(std::string("{") + entry("a", "F32", "[2]", "[0]") + "}", eight, "data_offsets");
  refused(std::string("{") + entry("a", "F32", "[2]", "[0,8,8]") + "}", eight, "does not belong");
  refused(std::string("{") + entry("a", "F99", "[2]", "[0,8]") + "}", eight, "dtype");
  refused(std::string("{") + entry("a", "F32", "[2]", "[0,8]") + "," + entry("a", "F32", "[0]", "[8,8]") + "}", eight, "twice");
  refused(R"({"a":{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}})", eight, "twice");
  refused(R"({"a":{"dtype":"U8","shape":[8]}})", eight, "lacks");
  refused(R"({"a":[1,2]})", eight, "does not belong");
  refused(R"({"__metadata__":{"format":1}})", "", "does not belong");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "", "twice");
  refused(R"({"a":)", "", "JSON");
  refused("[]", "", "begin with");
  refused(" {}", "", "begin with");
  std::string deep = "{\"a\":";
  deep += std::string(100000, '[');
  refused(deep, "", "");

  for (const uint64_t length : {~uint64_t(0), uint64_t(100'000'001), uint64_t(1000)}) {
    const std::string text = std::string(reinterpret_cast<const char *>(&length), 8) + "{}";
    CHECK_FALSE(parse(text).ok());
  }
  CHECK(parse(fileOf("{}    ", "")).ok()); // padded, without tensors
}

TEST_CASE("safetensors: floats of every width are read exactly") {
  const uint16_t halves[2] = {0x3c00, 0xc000}, bfloats[2] = {0x3f80, 0xc000};
  const double doubles[2] = {1, -2};
  float out[2];
  CHECK(convertToFloat(DType::F16, reinterpret_cast<const uint8_t *>(halves), 2, out));
  CHECK((out[0] == 1 && out[1] == -2));
  CHECK(convertToFloat(DType::BF16, reinterpret_cast<const uint8_t *>(bfloats), 2, out));
  CHECK((out[0] == 1 && out[1] == -2));
  CHECK(convertToFloat(DType::F64, reinterpret_cast<const uint8_t *>(doubles), 2, out));
  CHECK((out[0] == 1 && out[1] == -2));
  CHECK_FALSE(convertToFloat(DType::I8, reinterpret_cast<const uint8_t *>(halves), 2, out));
}
