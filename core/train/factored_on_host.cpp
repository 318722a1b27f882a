#include "core/train/factored_on_host.h"

#include "core/nn/kernels/parallel.h"

#include <ATen/TensorOperators.h>

#include <numeric>

namespace attune::core {

namespace {

constexpr int64_t kRows = 128;   // whose squares are added up by one thread
constexpr int64_t kStrip = 1024; // columns at a time, in the first-level cache

} // namespace

FactoredOnHost::FactoredOnHost(const UpdateSlot &slot, const UpdateTerms &terms, int64_t firstRow, int64_t rows)
    : m_host(slot, terms), m_firstRow(firstRow), m_rows(rows), m_columns(slot.parameter.tensor.size(1)) {}

std::pair<Tensor, Tensor> FactoredOnHost::meanSquares(double least) const {
  const int64_t chunks = (m_rows + kRows - 1) / kRows;
  const auto options = at::TensorOptions().dtype(at::kFloat);
  const Tensor byRow = at::zeros({m_rows}, options), byColumn = at::zeros({chunks, m_columns}, options);
  float *rowSums = byRow.data_ptr<float>(), *columnSums = byColumn.data_ptr<float>();
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  parallelItems(chunks, [&](int64_t chunk, int64_t) {
    alignas(64) float gradient[kStrip];
    for (int64_t column = 0; column < m_columns; column += kStrip) {
      const int64_t count = std::min(kStrip, m_columns - column);
      for (int64_t row = chunk * kRows; row < std::min(m_rows, (chunk + 1) * kRows); ++row) {
        m_host.readGradient(offset(row, column), count, gradient);
        rowSums[row] += loops.addSquares(gradient, static_cast<float>(least), columnSums + chunk * m_columns + column, count);
      }
    }
  });
  return {byRow.div(static_cast<double>(m_columns)), byColumn.sum(0).div_(static_cast<double>(m_rows))};
}

double FactoredOnHost::sumOfSquares(const Tensor &byRow, const Tensor &byColumn) const {
  const float *rowFactors = byRow.data_ptr<float>(), *columnFactors = byColumn.data_ptr<float>();
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  std::vector<double> sums(static_cast<size_t>(m_rows));
  parallelRanges(m_rows, kRows / 8, [&](int64_t begin, int64_t end) {
    alignas(64) float gradient[kStrip];
    for (int64_t row = begin; row < end; ++row) {
      double squares = 0.0;
      for (int64_t column = 0; column < m_columns; column += kStrip) {
        const int64_t count = std::min(kStrip, m_columns - column);
        m_host.readGradient(offset(row, column), count, gradient);
        squares += loops.sumOfScaledSquares(gradient, columnFactors + column, count);
      }
      const auto factor = static_cast<double>(rowFactors[row]);
      sums[static_cast<size_t>(row)] = squares * factor * factor;
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void FactoredOnHost::update(const Tensor &byRow, const Tensor &byColumn, double shrink, double rate) const {
  const float *rowFactors = byRow.data_ptr<float>(), *columnFactors = byColumn.data_ptr<float>();
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  parallelRanges(m_rows, kRows / 8, [&](int64_t begin, int64_t end) {
    alignas(64) float gradient[kStrip], weights[kStrip];
    for (int64_t row = begin; row < end; ++row) {
      const kernels::FactoredTerms by{rowFactors[row], static_cast<float>(shrink), static_cast<float>(rate)};
      for (int64_t column = 0; column < m_columns; column += kStrip) {
        const int64_t count = std::min(kStrip, m_columns - column), place = offset(row, column);
        m_host.readGradient(place, count, gradient);
        m_host.readWeights(place, count, weights);
        loops.factored(weights, gradient, columnFactors + column, count, by);
        m_host.writeWeights(weights, place, count);
      }
    }
  });
}

} // namespace attune::core
