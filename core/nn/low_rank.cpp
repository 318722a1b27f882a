#include "core/nn/low_rank.h"

#include "core/nn/kernel_policy.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/ops/mm.h>

namespace attune::core {

namespace {

constexpr int64_t kLow32 = 0xffffffffLL;

uint32_t mix32(uint32_t value) {
  value ^= value >> 16;
  value *= 0x7feb352du;
  value ^= value >> 15;
  value *= 0x846ca68bu;
  value ^= value >> 16;
  return value;
}

/// The same mixing on int64 tensors that hold 32-bit values; products stay below 2^63 by splitting the factor.
Tensor mixTensor(Tensor value) {
  const auto multiply = [](const Tensor &v, int64_t factor) {
    const Tensor low = v.mul(factor & 0xffff);
    const Tensor high = at::bitwise_and(v.mul(factor >> 16), 0xffff).mul(65536);
    return at::bitwise_and(low.add(high), kLow32);
  };
  value = at::bitwise_xor(value, at::bitwise_right_shift(value, 16));
  value = multiply(value, 0x7feb352dLL);
  value = at::bitwise_xor(value, at::bitwise_right_shift(value, 15));
  value = multiply(value, 0x846ca68bLL);
  return at::bitwise_xor(value, at::bitwise_right_shift(value, 16));
}

/// Values below this of 2^32 survive.
uint32_t keepThreshold(double probability) {
  const double kept = (1.0 - probability) * 4294967296.0;
  return kept >= 4294967295.0 ? 0xffffffffu : static_cast<uint32_t>(kept);
}

Tensor plainDropout(const Tensor &x, double probability, uint64_t seed) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(x.device());
  const int64_t low = static_cast<int64_t>(mix32(static_cast<uint32_t>(seed)));
  const int64_t high = static_cast<int64_t>(static_cast<uint32_t>(seed >> 32));
  const Tensor rows = mixTensor(at::bitwise_xor(at::bitwise_xor(at::arange(x.size(0), options), low), high)).unsqueeze(1);
  const Tensor columns = at::bitwise_and(at::arange(x.size(1), options).mul(0x9e3779b9LL), kLow32);
  const Tensor bits = mixTensor(at::bitwise_xor(rows, columns));
  const Tensor kept = bits.lt(static_cast<int64_t>(keepThreshold(probability)));
  const auto type = computeType(x.scalar_type());
  return x.to(type).mul(kept.to(type)).mul(1.0 / (1.0 - probability)).to(x.scalar_type());
}

} // namespace

Tensor lowRankReduce(const Tensor &x, const Tensor &m) { return at::mm(x.to(m.scalar_type()), m.t()); }

void lowRankExpand(Tensor y, const Tensor &c, const Tensor &m) {
  if (y.scalar_type() == c.scalar_type()) {
    y.addmm_(c, m);
  } else {
    y.copy_(y.to(c.scalar_type()).addmm_(c, m));
  }
}

Tensor lowRankGradient(const Tensor &c, const Tensor &x) { return at::mm(c.t(), x.to(c.scalar_type())); }

Tensor counterDropout(const Tensor &x, double probability, uint64_t seed) {
  if (probability <= 0.0) return x;
  return plainDropout(x, probability, seed);
}

} // namespace attune::core
