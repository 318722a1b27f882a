#include "core/quant/nf4.h"

#include "core/base/nf4_code.h"
#include "core/nn/device_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace attune::core {
namespace {

constexpr int64_t kPlainBytes = int64_t(4) << 20; // of codes looked up at once by plain operators

int64_t blocksOf(int64_t count, int64_t block) { return (count + block - 1) / block; }

/// bitsandbytes' CPU routine finds the code of a value in [-1, 1] in a table of 65536 steps.
struct ScaleSteps {
  static constexpr int64_t kSteps = 65536;
  std::vector<uint8_t> codes;
  ScaleSteps() {
    const float *map = nf4ScaleMap();
    for (int64_t step = 0, code = 0; step < kSteps; ++step) {
      const auto value = static_cast<float>(static_cast<double>(step) / 32767.5 - 1.0);
      while (code < kNf4MapSize - 1 && value > (map[code] + map[code + 1]) / 2) ++code;
      codes.push_back(static_cast<uint8_t>(code));
    }
  }
  uint8_t codeOf(float value) const {
    const float step = std::floor((value + 1.0F) * 32767.5F + 0.5F);
    return codes[static_cast<size_t>(std::min(std::max(step, 0.0F), static_cast<float>(kSteps - 1)))];
  }
};

const ScaleSteps &scaleSteps() {
  static const ScaleSteps steps;
  return steps;
}

Tensor sharedMap() {
  static const Tensor map = at::from_blob(const_cast<float *>(nf4ScaleMap()), {kNf4MapSize}, at::TensorOptions().dtype(at::kFloat)).clone();
  return map;
}

/// Both codes of a byte as values: [256, 2].
Tensor pairTable(const at::Device &device) {
  std::array<float, 512> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kNf4Code[byte >> 4];
    pairs[2 * byte + 1] = kNf4Code[byte & 15];
  }
  return at::from_blob(pairs.data(), {256, 2}, at::TensorOptions().dtype(at::kFloat)).clone().to(device);
}

} // namespace

Nf4Module::Nf4Module(int64_t rows, int64_t columns) : QuantisedModule(rows, columns) {
  const auto bytes = at::TensorOptions().dtype(at::kByte), floats = at::TensorOptions().dtype(at::kFloat);
  m_parts.packed = at::empty({(rows * columns + 1) / 2}, bytes);
  m_parts.scales = at::empty({blocksOf(rows * columns, kNf4Block)}, floats);
}

int64_t Nf4Module::rowStep() const { return kNf4Block / std::gcd(kNf4Block, std::max<int64_t>(1, columns())); }

bool Nf4Module::encode(int64_t row, int64_t count, const float *values) {
  const int64_t first = row * columns();
  return kernels::kernelSet().quant.nf4Encode(values, count * columns(), m_parts.packed.data_ptr<uint8_t>() + first / 2,
                                              m_parts.scales.data_ptr<float>() + first / kNf4Block);
}

void Nf4Module::finish() {
  const at::NoGradGuard noGrad;
  const int64_t blocks = m_parts.scales.numel();
  if (blocks == 0) return;
  // The mean's last bit depends on the order of summation: libtorch's own on one thread, as bitsandbytes takes it.
  m_parts.offset = m_parts.scales.mean().item<float>();
  const Tensor centred = m_parts.scales - m_parts.offset;
  m_parts.scaleCodes = at::empty({blocks}, at::TensorOptions().dtype(at::kByte));
  m_parts.nested = at::empty({blocksOf(blocks, kNf4Nested)}, centred.options());
  m_parts.map = sharedMap();
  const float *values = centred.data_ptr<float>();
  auto *codes = m_parts.scaleCodes.data_ptr<uint8_t>();
  for (int64_t begin = 0; begin < blocks; begin += kNf4Nested) {
    const int64_t end = std::min(blocks, begin + kNf4Nested);
    float most = 0;
    for (int64_t i = begin; i < end; ++i) most = std::max(most, std::abs(values[i]));
    m_parts.nested.data_ptr<float>()[begin / kNf4Nested] = most;
    const float factor = 1.0F / most;
    for (int64_t i = begin; i < end; ++i) codes[i] = most == 0.0F ? uint8_t(0) : scaleSteps().codeOf(values[i] * factor);
  }
  m_parts.scales = Tensor();
}

void Nf4Module::decodeScales(int64_t begin, int64_t end, float *out) const {
  if (m_parts.scales.defined()) {
    std::copy_n(m_parts.scales.data_ptr<float>() + begin, end - begin, out);
    return;
  }
  const auto *codes = m_parts.scaleCodes.data_ptr<uint8_t>();
  const float *nested = m_parts.nested.data_ptr<float>(), *map = m_parts.map.data_ptr<float>();
  // Two loops, so that no compiler makes one rounding of the product and the sum.
  for (int64_t i = begin; i < end; ++i) out[i - begin] = map[codes[i]] * nested[i / m_parts.nestedBlock];
  for (int64_t i = 0; i < end - begin; ++i) out[i] += m_parts.offset;
}

template <class S> void Nf4Module::decodeRows(int64_t begin, int64_t end, S *out) const {
  constexpr int64_t kScales = 128;
  float scales[kScales];
  const int64_t block = m_parts.block, last = end * columns();
  for (int64_t first = begin * columns(); first < last;) {
    const int64_t place = first / block, stop = std::min(last, (place + kScales) * block);
    decodeScales(place, blocksOf(stop, block), scales);
    kernels::typedKernels<S>().nf4Decode(m_parts.packed.data_ptr<uint8_t>(), scales, block, first, stop - first, out);
    out += stop - first;
    first = stop;
  }
}

Tensor Nf4Module::plainScales() const {
  if (m_parts.scales.defined()) return m_parts.scales;
  const int64_t blocks = m_parts.scaleCodes.numel();
  const Tensor looked = at::embedding(m_parts.map.unsqueeze(1), m_parts.scaleCodes.to(at::kInt)).squeeze(1);
  return looked.mul(m_parts.nested.repeat_interleave(m_parts.nestedBlock).narrow(0, 0, blocks)).add(m_parts.offset);
}

void Nf4Module::decodePlainly(Tensor out) const {
  const at::NoGradGuard noGrad;
  if (device::nf4Decode(m_parts, out)) return;
  const Tensor scales = plainScales(), table = pairTable(m_parts.packed.device());
  const int64_t block = m_parts.block, count = rows() * columns(), whole = count / block * block;
  Tensor flat = out.view({-1});
  const auto values = [&](int64_t begin, int64_t end) { // of an even place on
    const Tensor codes = m_parts.packed.narrow(0, begin / 2, (end + 1) / 2 - begin / 2).to(at::kInt);
    return at::embedding(table, codes).view({-1}).narrow(0, 0, end - begin);
  };
  const int64_t step = std::max<int64_t>(1, 2 * kPlainBytes / block) * block;
  for (int64_t begin = 0; begin < whole; begin += step) {
    const int64_t end = std::min(whole, begin + step);
    const Tensor own = scales.narrow(0, begin / block, (end - begin) / block).unsqueeze(1);
    Tensor target = flat.narrow(0, begin, end - begin).view({-1, block});
    at::mul_out(target, values(begin, end).view({-1, block}), own); // in fp32, rounded as it is stored
  }
  if (whole < count) flat.narrow(0, whole, count - whole).copy_(values(whole, count).mul(scales.narrow(0, whole / block, 1)));
}

bool Nf4Module::rowProduct(const Tensor &x, Tensor out) const { return device::nf4Product(x, m_parts, out); }

std::vector<Tensor *> Nf4Module::tensors() {
  std::vector<Tensor *> all;
  for (Tensor *tensor : {&m_parts.packed, &m_parts.scales, &m_parts.scaleCodes, &m_parts.nested, &m_parts.map})
    if (tensor->defined()) all.push_back(tensor);
  return all;
}

int64_t Nf4Module::codeBytes() const { return m_parts.packed.numel(); }

int64_t Nf4Module::stateBytes() const {
  if (m_parts.scales.defined()) return 4 * m_parts.scales.numel();
  return m_parts.scaleCodes.numel() + 4 * m_parts.nested.numel();
}

} // namespace attune::core
