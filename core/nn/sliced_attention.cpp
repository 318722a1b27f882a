#include "core/nn/sliced_attention.h"

#include "core/nn/attention_on_cpu.h"
#include "core/nn/device_kernels.h"
#include "core/nn/kernel_policy.h"

#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::core {

namespace {

constexpr int64_t kQueryBlock = 256;

/// [T, kv.g, D] -> [kv, g.T, D]: the query heads of a group become rows of one product.
Tensor groupRows(const Tensor &q, int64_t kvHeads) {
  const int64_t rows = q.size(0), group = q.size(1) / kvHeads;
  return q.unflatten(1, {kvHeads, group}).permute({1, 2, 0, 3}).reshape({kvHeads, group * rows, q.size(2)});
}

/// [kv, g.T, D] -> [T, kv.g, D].
Tensor ungroupRows(const Tensor &rows, int64_t count) {
  const int64_t kvHeads = rows.size(0), group = rows.size(1) / count;
  return rows.reshape({kvHeads, group, count, rows.size(2)}).permute({2, 0, 1, 3}).reshape({count, kvHeads * group, rows.size(2)});
}

/// A block of queries [queryBegin, +queries) against keys [keyBegin, +keys), positions within one segment.
struct Block {
  int64_t queryBegin, queries, keyBegin, keys;
};

struct Scores {
  Tensor value; // [kv, g, queries, keys], masked with -inf
  Tensor slope; // d value / d (scaled product), undefined = 1
};

Scores blockScores(const Tensor &rows, const Tensor &keys, const Block &block, const AttentionSpec &spec, double scale, bool slope) {
  const auto type = computeType(rows.scalar_type());
  const int64_t kvHeads = keys.size(0), group = rows.size(1) / block.queries;
  Scores scores;
  const bool half = rows.scalar_type() == at::kHalf; // scaled first: fp16 may not hold the whole products
  const Tensor products = at::bmm(half ? rows.mul(scale) : rows, keys.transpose(1, 2)).to(type);
  Tensor s = (half ? products : products.mul(scale)).reshape({kvHeads, group, block.queries, block.keys});
  if (spec.softcap > 0.0) {
    const Tensor t = s.div(spec.softcap).tanh();
    if (slope) scores.slope = t.mul(t).neg().add(1.0);
    s = t.mul(spec.softcap);
  }
  const auto options = at::TensorOptions().dtype(at::kLong).device(rows.device());
  const Tensor distance = at::arange(block.queryBegin, block.queryBegin + block.queries, options)
                              .unsqueeze(1)
                              .sub(at::arange(block.keyBegin, block.keyBegin + block.keys, options).unsqueeze(0));
  if (!spec.alibiSlopes.empty()) {
    std::vector<float> slopes = spec.alibiSlopes;
    const Tensor perHead = at::from_blob(slopes.data(), {kvHeads, group, 1, 1}, at::kFloat).to(s.options());
    s = s.sub(perHead.mul(distance.to(type)));
  }
  Tensor hidden = distance.lt(0);
  if (spec.window > 0) hidden = hidden.logical_or(distance.ge(spec.window));
  scores.value = s.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  return scores;
}

/// The keys that a block of queries may see.
Block blockOf(int64_t begin, int64_t end, const AttentionSpec &spec) {
  Block block{begin, end - begin, 0, end};
  if (spec.window > 0) block.keyBegin = std::max<int64_t>(0, begin - spec.window + 1);
  block.keys = end - block.keyBegin;
  return block;
}

/// Queries at positions `offset ..` against keys at positions `0 ..`, both [kv, rows, D].
void forwardSegment(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t offset, const AttentionSpec &spec, Tensor out,
                    Tensor lse) {
  const int64_t kvHeads = keys.size(0);
  const double scale = spec.scaleFor(q.size(2));
  for (int64_t begin = 0; begin < q.size(0); begin += kQueryBlock) {
    const int64_t count = std::min(kQueryBlock, q.size(0) - begin);
    const Block block = blockOf(offset + begin, offset + begin + count, spec);
    const Tensor rows = groupRows(q.narrow(0, begin, count), kvHeads);
    const auto scores = blockScores(rows, keys.narrow(1, block.keyBegin, block.keys), block, spec, scale, false);
    const Tensor blockLse = at::logsumexp(scores.value, {3}, true);
    const Tensor p = scores.value.sub(blockLse).exp_().to(values.scalar_type()).flatten(1, 2);
    const Tensor o = at::bmm(p, values.narrow(1, block.keyBegin, block.keys));
    out.narrow(0, begin, count).copy_(ungroupRows(o, count));
    if (lse.defined()) lse.narrow(1, begin, count).copy_(blockLse.reshape({q.size(1), count}));
  }
}

} // namespace

SlicedResult slicedForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  if (usesAttentionLoops(q, k, v)) return loopForward(q, k, v, spec);
  SlicedResult result;
  result.out = at::empty(q.sizes(), q.options());
  result.lse = at::empty({q.size(1), q.size(0)}, q.options().dtype(computeType(q.scalar_type())));
  for (size_t s = 0; s + 1 < spec.segmentStarts.size(); ++s) {
    const int64_t begin = spec.segmentStarts[s], count = spec.segmentStarts[s + 1] - begin;
    if (count == 0) continue;
    forwardSegment(q.narrow(0, begin, count), k.narrow(0, begin, count).transpose(0, 1), v.narrow(0, begin, count).transpose(0, 1), 0, spec,
                   result.out.narrow(0, begin, count), result.lse.narrow(1, begin, count));
  }
  return result;
}

void slicedBackward(const Tensor &grad, const Tensor &q, const Tensor &k, const Tensor &v, const SlicedResult &forward,
                    const AttentionSpec &spec, Tensor dq, Tensor dk, Tensor dv) {
  if (usesAttentionLoops(q, k, v)) return loopBackward(grad, q, k, v, forward, spec, dq, dk, dv);
  const auto type = computeType(q.scalar_type());
  const int64_t kvHeads = k.size(1), heads = q.size(1);
  const double scale = spec.scaleFor(q.size(2));
  for (size_t segment = 0; segment + 1 < spec.segmentStarts.size(); ++segment) {
    const int64_t start = spec.segmentStarts[segment], length = spec.segmentStarts[segment + 1] - start;
    if (length == 0) continue;
    const Tensor keys = k.narrow(0, start, length).transpose(0, 1), values = v.narrow(0, start, length).transpose(0, 1);
    Tensor sumK = at::zeros({kvHeads, length, k.size(2)}, k.options().dtype(type));
    Tensor sumV = at::zeros({kvHeads, length, v.size(2)}, v.options().dtype(type));
    for (int64_t begin = 0; begin < length; begin += kQueryBlock) {
      const int64_t count = std::min(kQueryBlock, length - begin);
      const Block block = blockOf(begin, begin + count, spec);
      const Tensor rows = groupRows(q.narrow(0, start + begin, count), kvHeads);
      const Tensor gradRows = groupRows(grad.narrow(0, start + begin, count), kvHeads);
      const Tensor outRows = groupRows(forward.out.narrow(0, start + begin, count), kvHeads);
      const Tensor blockKeys = keys.narrow(1, block.keyBegin, block.keys), blockValues = values.narrow(1, block.keyBegin, block.keys);
      const auto scores = blockScores(rows, blockKeys, block, spec, scale, true);
      const Tensor lse = forward.lse.narrow(1, start + begin, count).reshape({kvHeads, heads / kvHeads, count, 1});
      const Tensor p = scores.value.sub(lse).exp_();
      const Tensor delta = gradRows.to(type).mul(outRows.to(type)).sum(-1).reshape({kvHeads, heads / kvHeads, count, 1});
      const Tensor dp = at::bmm(gradRows, blockValues.transpose(1, 2)).to(type).reshape(p.sizes());
      Tensor ds = p.mul(dp.sub(delta)).mul(scale);
      if (scores.slope.defined()) ds = ds.mul(scores.slope);
      const Tensor dsRows = ds.flatten(1, 2).to(q.scalar_type()), pRows = p.flatten(1, 2).to(q.scalar_type());
      dq.narrow(0, start + begin, count).copy_(ungroupRows(at::bmm(dsRows, blockKeys), count));
      sumK.narrow(1, block.keyBegin, block.keys).add_(at::bmm(dsRows.transpose(1, 2), rows));
      sumV.narrow(1, block.keyBegin, block.keys).add_(at::bmm(pRows.transpose(1, 2), gradRows));
    }
    dk.narrow(0, start, length).copy_(sumK.transpose(0, 1));
    dv.narrow(0, start, length).copy_(sumV.transpose(0, 1));
  }
}

Tensor slicedCached(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec) {
  if (usesAttentionLoops(q.to(keys.scalar_type()), keys, values)) return loopCached(q, keys, values, start, spec);
  if (Tensor out; q.is_cuda() && q.size(0) == 1) {
    device::DecodeShape shape{
        spec.window > 0 ? std::max<int64_t>(0, start + 1 - spec.window) : 0, start + 1, spec.scaleFor(q.size(2)), spec.softcap, {}};
    if (!spec.alibiSlopes.empty()) shape.slopes = at::tensor(spec.alibiSlopes).to(q.device());
    if (device::decodeAttention(q.contiguous(), keys, values, shape, out)) return out;
  }
  Tensor out = at::empty(q.sizes(), q.options());
  forwardSegment(q.to(keys.scalar_type()), keys, values, start, spec, out, Tensor());
  return out;
}

} // namespace attune::core
