#include "core/nn/head_product.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/linear.h"
#include "core/nn/loss_chunk.h"
#include "core/nn/matmul.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace attune::core {

namespace {

/// Calls each(begin, count, rows) for blocks of the head's rows.
template <typename Each> void decodedBlocks(const Int8Module &head, at::ScalarType type, bool onCard, Each each) {
  const int64_t step = headBlockRows(head.columns(), onCard);
  for (int64_t begin = 0; begin < head.rows(); begin += step) {
    const int64_t count = std::min(step, head.rows() - begin);
    each(begin, count, head.decoded(begin, count, type));
  }
}

} // namespace

void headLogitsInto(Tensor out, const Tensor &x, const TokenTable &head) {
  if (!head.quantised()) return matmulTransposedInto(out, x, head.dense());
  decodedBlocks(*head.quantised(), x.scalar_type(), x.is_cuda(),
                [&](int64_t begin, int64_t count, const Tensor &rows) { matmulTransposedInto(out.narrow(1, begin, count), x, rows); });
}

void headGradientInto(Tensor out, const Tensor &gradient, const TokenTable &head) {
  if (!head.quantised()) return matmulPlainInto(out, gradient, head.dense());
  // Summed up over the blocks in fp32: 16 bits would round at each.
  const Tensor sum = at::empty(out.sizes(), out.options().dtype(computeType(out.scalar_type())));
  decodedBlocks(*head.quantised(), out.scalar_type(), out.is_cuda(), [&](int64_t begin, int64_t count, const Tensor &rows) {
    matmulPlainInto(sum, gradient.narrow(1, begin, count), rows, begin > 0);
  });
  out.copy_(sum);
}

Tensor headLogits(const Tensor &x, const TokenTable &head) {
  if (!head.quantised()) return matmulTransposed(x, head.dense());
  Tensor out = at::empty({x.size(0), head.quantised()->rows()}, x.options());
  headLogitsInto(out, x, head);
  return out;
}

} // namespace attune::core
