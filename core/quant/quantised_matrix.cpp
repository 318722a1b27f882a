#include "core/quant/quantised_matrix.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/matmul.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace attune::core {

QuantisedMatrix::QuantisedMatrix(std::vector<Part> parts) : m_parts(std::move(parts)) {
  for (const Part &part : m_parts) m_rows += part.module->rows();
}

int64_t QuantisedMatrix::codeBytes() const {
  int64_t sum = 0;
  for (const Part &part : m_parts) sum += part.module->codeBytes();
  return sum;
}

int64_t QuantisedMatrix::stateBytes() const {
  int64_t sum = 0;
  for (const Part &part : m_parts) sum += part.module->stateBytes();
  return sum;
}

Tensor QuantisedMatrix::dense(at::ScalarType type) const {
  const at::NoGradGuard noGrad;
  const at::Device device = m_parts.front().module->tensors().front()->device();
  Tensor whole = at::empty({m_rows, columns()}, at::TensorOptions().dtype(type).device(device));
  for (const Part &part : m_parts) {
    Tensor rows = whole.narrow(0, part.rowBegin, part.module->rows());
    if (!part.storedRows) {
      part.module->decodeInto(rows);
      continue;
    }
    Tensor stored = at::empty_like(rows);
    part.module->decodeInto(stored);
    const Tensor order = at::tensor(*part.storedRows, at::TensorOptions().dtype(at::kLong)).to(device);
    at::index_select_out(rows, stored, 0, order);
  }
  return whole;
}

bool QuantisedMatrix::rowProduct(const Tensor &x, Tensor &out) const {
  const at::NoGradGuard noGrad;
  Tensor result = at::empty({1, m_rows}, x.options());
  for (const Part &part : m_parts)
    if (part.storedRows || !part.module->rowProduct(x, result.narrow(1, part.rowBegin, part.module->rows()))) return false;
  out = result;
  return true;
}

bool QuantisedMatrix::smallProduct(const Tensor &x, Tensor &out) const {
  if (x.is_cuda()) return x.size(0) == 1 && rowProduct(x.contiguous(), out);
  constexpr int64_t kTile = 4; // rows of the weight at a time
  const int64_t count = x.size(0), in = columns();
  if (count < 1 || count > kSmallRows || !usesOwnKernels(x) || !m_parts.front().module->tensors().front()->is_cpu()) return false;
  const at::NoGradGuard noGrad;
  const Tensor wide = x.to(at::kFloat).contiguous();
  Tensor result = at::empty({count, m_rows}, wide.options());
  for (const Part &part : m_parts) {
    const QuantisedModule &module = *part.module;
    const Tensor stored =
        part.storedRows ? at::empty({count, module.rows()}, wide.options()) : result.narrow(1, part.rowBegin, module.rows());
    float *y = elements<float>(stored);
    parallelRanges(module.rows(), std::max<int64_t>(kTile, 32768 / std::max<int64_t>(in, 1)), [&](int64_t begin, int64_t end) {
      std::vector<float> tile(static_cast<size_t>(kTile * in));
      for (int64_t row = begin; row < end; row += kTile) {
        const int64_t rows = std::min(kTile, end - row);
        module.decode(row, row + rows, tile.data());
        kernels::typedKernels<float>().smallProduct(elements<float>(wide), tile.data(), y + row, count, in, rows, in, stored.stride(0));
      }
    });
    if (part.storedRows)
      result.narrow(1, part.rowBegin, module.rows()).copy_(at::index_select(stored, 1, at::tensor(*part.storedRows, at::kLong)));
  }
  out = result.to(x.scalar_type());
  return true;
}

} // namespace attune::core
