#include "core/nn/embedding.h"

#include "core/base/rng.h"
#include "core/nn/kernels/parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/scalar_tensor.h>

#include <cmath>

namespace attune::core {

Tensor embedTokens(const TokenTable &table, const Tensor &ids, double scale, at::ScalarType type, int64_t paddingId) {
  Tensor rows = table.quantised() ? table.quantised()->decoded(ids, type) : at::embedding(table.dense(), ids, paddingId);
  if (scale == 1.0) return rows;
  return rows * at::scalar_tensor(scale, rows.options().requires_grad(false)); // rounded to the rows' type first, as Gemma does
}

Tensor addNeftuneNoise(const Tensor &rows, const std::vector<int64_t> &segmentStarts, double alpha, uint64_t seed, int64_t firstRow) {
  if (alpha == 0.0 || rows.numel() == 0) return rows;
  const int64_t width = rows.size(1);
  Tensor noise = at::empty({rows.size(0), width}, at::TensorOptions().dtype(at::kFloat));
  float *out = noise.data_ptr<float>();
  constexpr uint64_t kStream = 0x4E4546; // keeps this noise apart from every other use of the seed
  const CounterRng rng(seed, kStream);
  for (size_t segment = 0; segment + 1 < segmentStarts.size(); ++segment) {
    const int64_t first = segmentStarts[segment], last = segmentStarts[segment + 1];
    if (last <= first) continue;
    const double magnitude = alpha / std::sqrt(static_cast<double>(last - first) * static_cast<double>(width));
    parallelRanges(last - first, 16, [&](int64_t begin, int64_t end) {
      const uint64_t blocksPerRow = static_cast<uint64_t>((width + 3) / 4);
      for (int64_t row = first + begin; row < first + end; ++row)
        for (int64_t column = 0; column < width; column += 4) {
          const auto words = rng.block(static_cast<uint64_t>(firstRow + row) * blocksPerRow + static_cast<uint64_t>(column / 4));
          for (int64_t i = 0; i < 4 && column + i < width; ++i)
            out[row * width + column + i] = static_cast<float>((words[static_cast<size_t>(i)] * (2.0 / 4294967296.0) - 1.0) * magnitude);
        }
    });
  }
  return rows + noise.to(rows.device(), rows.scalar_type());
}

} // namespace attune::core
