// Codes, scales and values against what bitsandbytes makes (tests/parity/quant_fixtures.py).
#include "core/base/nf4_code.h"
#include "core/quant/int8.h"
#include "core/quant/nf4.h"
#include "tests/nn/nn_support.h"
#include "tests/support/model_fixture.h"

#include <ATen/ops/equal.h>

#include <limits>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

std::shared_ptr<const io::SafetensorsFile> fixtures() { return io::SafetensorsFile::open(dataPath("quant/matrices.safetensors")).value(); }

Tensor bytesOf(const io::SafetensorsFile &file, const std::string &name, at::ScalarType type) {
  const io::SafetensorsEntry *entry = file.find(name);
  if (!entry) return {};
  return at::from_blob(const_cast<uint8_t *>(file.bytes(*entry).data), entry->shape, at::TensorOptions().dtype(type)).clone();
}

std::vector<std::string> matrixNames(const io::SafetensorsFile &file) {
  std::vector<std::string> names;
  for (const io::SafetensorsEntry &entry : file.entries())
    if (const size_t dot = entry.name.find(".weight"); dot != std::string::npos) names.push_back(entry.name.substr(0, dot));
  return names;
}

/// In pieces of rows as small as they may be, the last first.
void encodeInPieces(QuantisedModule &module, const Tensor &w) {
  const int64_t step = module.rowStep();
  for (int64_t row = (w.size(0) - 1) / step * step; row >= 0; row -= step) {
    const int64_t count = std::min(step, w.size(0) - row);
    REQUIRE(module.encode(row, count, w.data_ptr<float>() + row * w.size(1)));
  }
  module.finish();
}

Tensor decoded(const QuantisedModule &module, at::ScalarType type) {
  Tensor out = at::empty({module.rows(), module.columns()}, at::TensorOptions().dtype(type));
  module.decodeInto(out);
  return out;
}

/// fp32 values by our loops, by plain operators and row by row; bf16 and double as roundings of them.
void checkValues(const QuantisedModule &module, const Tensor &expected) {
  CHECK(decoded(module, at::kFloat).equal(expected));
  CHECK(decoded(module, at::kBFloat16).equal(expected.to(at::kBFloat16)));
  Tensor rows = at::empty_like(expected);
  for (int64_t row = 0; row < expected.size(0); ++row) module.decode(row, row + 1, rows[row].data_ptr<float>());
  CHECK(rows.equal(expected));
  const PlainScope plain;
  CHECK(decoded(module, at::kFloat).equal(expected));
  CHECK(decoded(module, at::kBFloat16).equal(expected.to(at::kBFloat16)));
  CHECK(decoded(module, at::kHalf).equal(expected.to(at::kHalf)));
  CHECK(decoded(module, at::kDouble).equal(expected.to(at::kDouble)));
}

} // namespace

// To see it fail: take the scales' codes by nearest value instead of bitsandbytes' steps, or the low half of a byte first.
TEST_CASE("NF4: codes, scales and values are bitsandbytes'") {
  const auto file = fixtures();
  CHECK(matrixNames(*file).size() == 9);
  for (const std::string &name : matrixNames(*file)) {
    CAPTURE(name);
    const Tensor w = readTensor(*file, name + ".weight");
    Nf4Module module(w.size(0), w.size(1));
    encodeInPieces(module, w);
    CHECK(module.parts().packed.equal(bytesOf(*file, name + ".packed", at::kByte)));
    CHECK(module.parts().scaleCodes.equal(bytesOf(*file, name + ".absmax_codes", at::kByte)));
    CHECK(module.parts().nested.equal(readTensor(*file, name + ".nested_absmax")));
    CHECK(module.parts().offset == readTensor(*file, name + ".offset")[0].item<float>());
    checkValues(module, readTensor(*file, name + ".values"));
    CHECK(module.codeBytes() == (w.numel() + 1) / 2);
    CHECK(module.stateBytes() == (w.numel() + 63) / 64 + 4 * (((w.numel() + 63) / 64 + 255) / 256));

    Nf4Parts single; // scales in fp32, as files without double quantisation have them
    single.packed = module.parts().packed;
    single.scales = readTensor(*file, name + ".absmax");
    const Tensor scales = single.scales.repeat_interleave(64).narrow(0, 0, w.numel()).view(w.sizes());
    const Nf4Module ofFile(w.size(0), w.size(1), single);
    const auto codes = bytesOf(*file, name + ".packed", at::kByte);
    Tensor expected = at::empty_like(w);
    for (int64_t i = 0; i < w.numel(); ++i) {
      const uint8_t pair = codes.data_ptr<uint8_t>()[i / 2];
      expected.data_ptr<float>()[i] = kNf4Code[i % 2 ? pair & 15 : pair >> 4] * scales.contiguous().data_ptr<float>()[i];
    }
    checkValues(ofFile, expected);
  }
  const Tensor book = readTensor(*file, "quant_map"), map = readTensor(*file, "nested_quant_map");
  for (int64_t i = 0; i < 16; ++i) CHECK(book[i].item<float>() == kNf4Code[i]);
  for (int64_t i = 0; i < 256; ++i) CHECK(map[i].item<float>() == nf4ScaleMap()[i]);
}

// To see it fail: round half away from zero, or multiply by 127 before dividing by the largest.
TEST_CASE("int8: codes, scales and values are bitsandbytes'") {
  const auto file = fixtures();
  int compared = 0;
  for (const std::string &name : matrixNames(*file)) {
    CAPTURE(name);
    const Tensor w = readTensor(*file, name + ".weight");
    Int8Module module(w.size(0), w.size(1));
    encodeInPieces(module, w);
    const Tensor codes = bytesOf(*file, name + ".int8", at::kChar);
    if (codes.defined()) {
      ++compared;
      CHECK(module.codes().equal(codes));
      CHECK(module.scales().equal(readTensor(*file, name + ".int8_absmax")));
      checkValues(module, readTensor(*file, name + ".int8_values"));
    } else { // rows of zeros
      CHECK(relativeError(decoded(module, at::kFloat), w) < 0.005);
      checkValues(module, decoded(module, at::kFloat));
    }
  }
  CHECK(compared >= 7);
}

// To see it fail: leave out the check in magnitude() of quant_loops.h.
TEST_CASE("Values that are not finite are not quantised") {
  for (const auto kind : {api::Quantization::Nf4, api::Quantization::Int8}) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Tensor w = random({4, 96}, 3);
      const auto module = QuantisedModule::make(kind, 4, 96);
      CHECK(module->encode(0, 4, w.data_ptr<float>()));
      w[3][95] = bad;
      CHECK_FALSE(module->encode(0, 4, w.data_ptr<float>()));
    }
  }
}
