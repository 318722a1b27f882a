#include "core/train/stochastic_rounding.h"

#include "core/base/rng.h"
#include "core/nn/kernels/parallel.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace attune::core {

namespace {

constexpr int64_t kBlock = 8;   // elements that one block of random numbers serves, 16 bits each
constexpr int64_t kBlocks = 64; // at a time

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Adds 16 random bits below the last one that stays, and cuts them off.
c10::BFloat16 rounded(float value, uint32_t chance, c10::BFloat16) {
  const uint32_t bits = bitsOf(value);
  const bool finite = (bits & 0x7F800000u) != 0x7F800000u;
  const uint32_t sum = finite ? bits + chance : (bits & 0x007FFFFFu) != 0 ? bits | 0x00400000u : bits;
  return c10::BFloat16(static_cast<uint16_t>(sum >> 16), c10::BFloat16::from_bits());
}

/// In steps of fp16 at this size: ten bits below the leading one, and 2^-24 from 2^-14 down.
c10::Half rounded(float value, uint32_t chance, c10::Half) {
  if (!std::isfinite(value)) return c10::Half(value);
  const int exponent = std::max(static_cast<int>(bitsOf(value) >> 23 & 0xFF) - 127, -14);
  const float step = std::ldexp(1.0F, exponent - 10);
  return c10::Half(std::floor(value / step + static_cast<float>(chance) * 0x1p-16F) * step);
}

/// Elements [begin, end) of the tensor; in and out begin with element `first`.
template <class S> void roundRange(S *out, const float *in, int64_t first, int64_t begin, int64_t end, const RoundingKey &key) {
  const CounterRng rng(key.seed, key.stream);
  uint16_t chances[kBlocks * kBlock];
  for (int64_t block = begin / kBlock; block * kBlock < end; block += kBlocks) {
    const int64_t start = block * kBlock, from = std::max(begin, start), to = std::min(end, start + kBlocks * kBlock);
    for (int64_t i = 0; i < kBlocks; ++i) {
      const auto words = rng.block(static_cast<uint64_t>(block + i));
      for (int64_t j = 0; j < kBlock; ++j)
        chances[i * kBlock + j] = static_cast<uint16_t>(words[static_cast<size_t>(j / 2)] >> (j % 2 * 16));
    }
    for (int64_t i = from; i < to; ++i) out[i - first] = rounded(in[i - first], chances[i - start], S());
  }
}

} // namespace

RoundingKey roundingKey(uint64_t seed, int64_t step, const std::string &tensor) {
  uint64_t hash = 14695981039346656037ull; // FNV-1a
  for (const char c : tensor) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  hash ^= static_cast<uint64_t>(step) * 0x9E3779B97F4A7C15ull;
  hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9ull;
  return {seed, hash ^ (hash >> 32)};
}

void roundStochastically(Tensor target, const Tensor &values, const RoundingKey &key, int64_t first) {
  const float *in = values.data_ptr<float>();
  const auto run = [&](auto *out) {
    const int64_t last = first + target.numel(), begin = first / kBlock, blocks = (last + kBlock - 1) / kBlock - begin;
    parallelRanges(blocks, 1024, [&](int64_t from, int64_t to) {
      roundRange(out, in, first, std::max(first, (begin + from) * kBlock), std::min(last, (begin + to) * kBlock), key);
    });
  };
  if (target.scalar_type() == at::kBFloat16)
    run(target.data_ptr<c10::BFloat16>());
  else
    run(target.data_ptr<c10::Half>());
}

} // namespace attune::core
