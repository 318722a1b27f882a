#include "core/nn/low_rank.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/mm.h>
#include <algorithm>

namespace attune::core {

namespace {

constexpr int64_t kLow32 = 0xffffffffLL;
constexpr int64_t kGolden = 0x9e3779b9LL;

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

Tensor plainDropout(const Tensor &x, double probability, uint64_t seed, int64_t firstRow) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(x.device());
  const int64_t low = static_cast<int64_t>(mix32(static_cast<uint32_t>(seed)));
  const int64_t high = static_cast<int64_t>(static_cast<uint32_t>(seed >> 32));
  const Tensor rows =
      mixTensor(at::bitwise_xor(at::bitwise_xor(at::arange(firstRow, firstRow + x.size(0), options), low), high)).unsqueeze(1);
  const Tensor columns = at::bitwise_and(at::arange(x.size(1), options).mul(kGolden), kLow32);
  const Tensor bits = mixTensor(at::bitwise_xor(rows, columns));
  const Tensor kept = bits.lt(static_cast<int64_t>(keepThreshold(probability)));
  const auto type = computeType(x.scalar_type());
  return x.to(type).mul(kept.to(type)).mul(1.0 / (1.0 - probability)).to(x.scalar_type());
}

} // namespace

namespace {

using kernels::LowRankShape;
using kernels::typedKernels;

bool usesLoops(const Tensor &wide, const Tensor &skinny) { return usesOwnKernels(wide) && skinny.scalar_type() == at::kFloat; }

/// Rows worth a thread of their own.
int64_t rowGrain(const Tensor &wide) { return std::max<int64_t>(1, 65536 / std::max<int64_t>(1, wide.size(1))); }

} // namespace

Tensor lowRankReduce(const Tensor &x, const Tensor &m) {
  if (!usesLoops(x, m)) return at::mm(x.to(m.scalar_type()), m.t());
  Tensor c = at::empty({x.size(0), m.size(0)}, m.options());
  lowRankReduceInto(c, x, m);
  return c;
}

void lowRankReduceInto(Tensor c, const Tensor &x, const Tensor &m) {
  if (!usesLoops(x, m)) {
    c.copy_(at::mm(x.to(m.scalar_type()), m.t()));
    return;
  }
  const LowRankShape shape{0, x.size(1), m.size(0), x.stride(0), c.stride(0), m.stride(0)};
  withStorage(x.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    parallelRanges(x.size(0), rowGrain(x), [&](int64_t begin, int64_t end) {
      LowRankShape part = shape;
      part.rows = end - begin;
      typedKernels<S>().lowRankReduce(elements<S>(x) + begin * shape.wideRow, elements<float>(m),
                                      elements<float>(c) + begin * shape.skinnyRow, part);
    });
  });
}

void lowRankExpand(Tensor y, const Tensor &c, const Tensor &m) {
  if (!usesLoops(y, c)) {
    if (y.scalar_type() == c.scalar_type()) {
      y.addmm_(c, m);
    } else {
      y.copy_(y.to(c.scalar_type()).addmm_(c, m));
    }
    return;
  }
  const LowRankShape shape{0, y.size(1), m.size(0), y.stride(0), c.stride(0), m.stride(0)};
  withStorage(y.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    parallelRanges(y.size(0), rowGrain(y), [&](int64_t begin, int64_t end) {
      LowRankShape part = shape;
      part.rows = end - begin;
      typedKernels<S>().lowRankExpand(elements<S>(y) + begin * shape.wideRow, elements<float>(c) + begin * shape.skinnyRow,
                                      elements<float>(m), part);
    });
  });
}

Tensor lowRankGradient(const Tensor &c, const Tensor &x) {
  if (!usesLoops(x, c)) return at::mm(c.t(), x.to(c.scalar_type()));
  const int64_t parts = std::max<int64_t>(1, partCount(x.size(0), 64)), rank = c.size(1), width = x.size(1);
  Tensor sums = at::zeros({parts, rank, width}, c.options());
  withStorage(x.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    runParts(parts, [&](int64_t part) {
      const int64_t begin = x.size(0) * part / parts, end = x.size(0) * (part + 1) / parts;
      const LowRankShape shape{end - begin, width, rank, x.stride(0), c.stride(0), width};
      typedKernels<S>().lowRankGradient(elements<float>(c) + begin * shape.skinnyRow, elements<S>(x) + begin * shape.wideRow,
                                        elements<float>(sums) + part * rank * width, shape);
    });
  });
  return parts == 1 ? sums[0] : sums.sum(0);
}

bool lowRankBackward(const Tensor &x, const Tensor &a, const std::vector<LowRankPart> &parts, Tensor dx, Tensor &gradA,
                     std::vector<Tensor> &gradB) {
  constexpr int64_t kBlock = 64; // rows whose gradient and input stay in the second-level cache
  const int64_t rows = x.size(0), in = x.size(1), rank = a.size(0);
  if (!usesLoops(x, a) || (dx.defined() && (!usesOwnKernels(dx) || dx.scalar_type() != x.scalar_type()))) return false;
  int64_t floats = rank * in;
  for (const auto &part : parts) {
    if (!usesLoops(part.grad, part.reduced) || part.grad.scalar_type() != x.scalar_type()) return false;
    floats += part.scaledB.numel();
  }
  const int64_t workers = std::max<int64_t>(1, partCount(rows, kBlock));
  Tensor sums = at::zeros({workers, floats}, a.options()), back = at::empty({workers, kBlock, rank}, a.options());
  withStorage(x.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    const auto &loop = typedKernels<S>();
    runParts(workers, [&](int64_t worker) {
      float *c = elements<float>(back) + worker * kBlock * rank, *own = elements<float>(sums) + worker * floats;
      const int64_t last = rows * (worker + 1) / workers;
      for (int64_t row = rows * worker / workers; row < last; row += kBlock) {
        const int64_t count = std::min(kBlock, last - row);
        int64_t column = 0;
        float *sum = own + rank * in;
        for (const auto &part : parts) {
          const int64_t r = part.scaledB.size(0), outs = part.scaledB.size(1), gradRow = part.grad.stride(0);
          const S *grad = elements<S>(part.grad) + row * gradRow;
          loop.lowRankReduce(grad, elements<float>(part.scaledB), c + column, {count, outs, r, gradRow, rank, part.scaledB.stride(0)});
          loop.lowRankGradient(elements<float>(part.reduced) + row * part.reduced.stride(0), grad, sum,
                               {count, outs, r, gradRow, part.reduced.stride(0), outs});
          column += r;
          sum += r * outs;
        }
        loop.lowRankGradient(c, elements<S>(x) + row * x.stride(0), own, {count, in, rank, x.stride(0), rank, in});
        if (!dx.defined()) continue;
        loop.lowRankExpand(elements<S>(dx) + row * dx.stride(0), c, elements<float>(a), {count, in, rank, dx.stride(0), rank, a.stride(0)});
      }
    });
  });
  const Tensor total = workers == 1 ? sums[0] : sums.sum(0);
  gradA = total.narrow(0, 0, rank * in).view({rank, in});
  int64_t offset = rank * in;
  for (const auto &part : parts) {
    gradB.push_back(total.narrow(0, offset, part.scaledB.numel()).view(part.scaledB.sizes()));
    offset += part.scaledB.numel();
  }
  return true;
}

Tensor counterDropout(const Tensor &x, double probability, uint64_t seed, int64_t firstRow) {
  if (probability <= 0.0) return x;
  if (!usesOwnKernels(x)) return plainDropout(x, probability, seed, firstRow);
  Tensor y = at::empty(x.sizes(), x.options());
  const uint32_t key = mix32(static_cast<uint32_t>(seed)) ^ static_cast<uint32_t>(seed >> 32);
  withStorage(x.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    parallelRanges(x.size(0), rowGrain(x), [&](int64_t begin, int64_t end) {
      typedKernels<S>().dropout(elements<S>(x) + begin * x.stride(0), elements<S>(y) + begin * x.size(1), end - begin, x.size(1),
                                x.stride(0), firstRow + begin, key, keepThreshold(probability),
                                static_cast<float>(1.0 / (1.0 - probability)));
    });
  });
  return y;
}

} // namespace attune::core
