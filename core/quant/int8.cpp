#include "core/quant/int8.h"

#include "core/nn/device_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>

#include <utility>

namespace attune::core {

namespace {
constexpr double kUnit = 7.874015718698502e-3; // 1/127, as bitsandbytes rounds it
}

Int8Module::Int8Module(int64_t rows, int64_t columns) : QuantisedModule(rows, columns) {
  m_codes = at::empty({rows, columns}, at::TensorOptions().dtype(at::kChar));
  m_scales = at::empty({rows}, at::TensorOptions().dtype(at::kFloat));
}

Int8Module::Int8Module(Tensor codes, Tensor scales)
    : QuantisedModule(codes.size(0), codes.size(1)), m_codes(std::move(codes)), m_scales(std::move(scales)) {}

bool Int8Module::encode(int64_t row, int64_t count, const float *values) {
  bool finite = true;
  for (int64_t i = 0; i < count; ++i)
    finite &= kernels::kernelSet().quant.int8Encode(values + i * columns(), columns(), m_codes.data_ptr<int8_t>() + (row + i) * columns(),
                                                    m_scales.data_ptr<float>() + row + i);
  return finite;
}

template <class S> void Int8Module::decodeRows(int64_t begin, int64_t end, S *out) const {
  for (int64_t row = begin; row < end; ++row, out += columns())
    kernels::typedKernels<S>().int8Decode(m_codes.data_ptr<int8_t>() + row * columns(), m_scales.data_ptr<float>()[row], columns(), out);
}

Tensor Int8Module::decoded(int64_t begin, int64_t count, at::ScalarType type) const {
  const at::NoGradGuard noGrad;
  Tensor out = at::empty({count, columns()}, m_scales.options().dtype(type));
  Int8Module(m_codes.narrow(0, begin, count), m_scales.narrow(0, begin, count)).decodeInto(out);
  return out;
}

Tensor Int8Module::decoded(const Tensor &ids, at::ScalarType type) const {
  const at::NoGradGuard noGrad;
  return Int8Module(at::index_select(m_codes, 0, ids), at::index_select(m_scales, 0, ids)).decoded(0, ids.size(0), type);
}

void Int8Module::decodePlainly(Tensor out) const {
  const at::NoGradGuard noGrad;
  if (device::int8Decode(m_codes, m_scales, out)) return;
  out.copy_(m_codes.to(at::kFloat).mul_(m_scales.unsqueeze(1)).mul_(kUnit));
}

} // namespace attune::core
