#include "core/train/stochastic_rounding.h"

#include "core/nn/kernels/parallel.h"

#include <algorithm>

namespace attune::core {

RoundingKey roundingKey(uint64_t seed, int64_t step, const std::string &tensor) {
  uint64_t hash = 14695981039346656037ull; // FNV-1a
  for (const char c : tensor) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  hash ^= static_cast<uint64_t>(step) * 0x9E3779B97F4A7C15ull;
  hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9ull;
  return {seed, hash ^ (hash >> 32)};
}

void roundStochastically(Tensor target, const Tensor &values, const RoundingKey &key, int64_t first) {
  constexpr int64_t kBlock = 256;
  const float *in = values.data_ptr<float>();
  const int64_t count = target.numel();
  const auto run = [&](auto *out, const auto &loops) {
    parallelRanges((count + kBlock - 1) / kBlock, 32, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * kBlock, to = std::min(count, end * kBlock);
      loops.roundByChance(in + from, out + from, to - from, first + from, key.seed, key.stream);
    });
  };
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  if (target.scalar_type() == at::kBFloat16)
    run(static_cast<kernels::Bf16 *>(target.data_ptr()), loops.bf16);
  else
    run(static_cast<kernels::Half *>(target.data_ptr()), loops.fp16);
}

} // namespace attune::core
