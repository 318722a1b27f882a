#include "core/io/gguf_dequant.h"
#include "core/io/half.h"
#include "core/io/safetensors.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::io;

// The fixture is made by tests/parity/gguf_fixtures.py with the `gguf` package.
TEST_CASE("gguf: every type decodes bit for bit as the reference does") {
  const auto opened = SafetensorsFile::open(std::string(ATTUNE_SOURCE_DIR) + "/tests/data/io/dequant.safetensors");
  REQUIRE(opened.ok());
  const SafetensorsFile &file = **opened;
  const std::pair<uint32_t, const char *> types[] = {{0, "F32"},  {1, "F16"},  {30, "BF16"}, {2, "Q4_0"},  {3, "Q4_1"}, {6, "Q5_0"},
                                                     {7, "Q5_1"}, {8, "Q8_0"}, {12, "Q4_K"}, {13, "Q5_K"}, {14, "Q6_K"}};
  for (const auto &type : types) {
    CAPTURE(type.second);
    const SafetensorsEntry *raw = file.find(std::string(type.second) + ".raw");
    const SafetensorsEntry *expected = file.find(std::string(type.second) + ".float");
    REQUIRE(raw);
    REQUIRE(expected);
    const auto count = static_cast<size_t>(expected->shape[0]);
    std::vector<float> reference(count), decoded(count);
    std::memcpy(reference.data(), file.bytes(*expected).data, count * sizeof(float));
    dequantize(*dtypeOfGgml(type.first), file.bytes(*raw).data, count, decoded.data());
    size_t different = 0;
    for (size_t i = 0; i < count; ++i) {
      const bool bothNan = std::isnan(reference[i]) && std::isnan(decoded[i]);
      different += !bothNan && std::memcmp(&reference[i], &decoded[i], sizeof(float)) != 0;
    }
    CHECK(different == 0);
  }
}

TEST_CASE("half: corner values convert exactly") {
  CHECK(halfToFloat(0x0001) == std::ldexp(1.0f, -24)); // smallest subnormal
  CHECK(halfToFloat(0x03ff) == 1023 * std::ldexp(1.0f, -24));
  CHECK(halfToFloat(0x3c00) == 1.0f);
  CHECK(halfToFloat(0xc000) == -2.0f);
  CHECK(halfToFloat(0x7bff) == 65504.0f);
  CHECK(halfToFloat(0x7c00) == INFINITY);
  CHECK(halfToFloat(0xfc00) == -INFINITY);
  CHECK(std::isnan(halfToFloat(0x7e00)));
  CHECK(std::signbit(halfToFloat(0x8000)));
  CHECK(bfloatToFloat(0x3f80) == 1.0f);
}
