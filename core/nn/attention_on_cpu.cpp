#include "core/nn/attention_on_cpu.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"

#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {

using kernels::AttentionHead;
using kernels::AttentionRules;

constexpr int64_t kQueryChunk = 192; // queries of one head in one piece of work
constexpr int64_t kDecodeRows = 4;   // up to here each query row reads the cache on its own

const kernels::AttentionKernels &loops() { return kernels::kernelSet().attention; }

AttentionRules rulesOf(const AttentionSpec &spec, int64_t headDim) {
  return {static_cast<float>(spec.scaleFor(headDim)), static_cast<float>(spec.softcap), spec.window};
}

/// fp32 [N, heads, D] with a contiguous last dimension.
Tensor wide(const Tensor &t) { return t.to(at::kFloat); }

/// Pieces of work: a run of queries of one head of one segment.
struct Piece {
  int64_t start, length, head, begin, end;
};

std::vector<Piece> piecesOf(const std::vector<int64_t> &starts, int64_t heads, int64_t chunk) {
  std::vector<Piece> pieces;
  for (size_t s = 0; s + 1 < starts.size(); ++s) {
    const int64_t length = starts[s + 1] - starts[s];
    for (int64_t head = 0; head < heads; ++head) {
      for (int64_t end = length; end > 0; end -= chunk) pieces.push_back({starts[s], length, head, std::max<int64_t>(0, end - chunk), end});
    }
  }
  // Longest first, so that the last piece is short: the cost of a run of queries grows with its end.
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece &a, const Piece &b) { return a.end > b.end; });
  return pieces;
}

/// Transposed blocks of every segment and key/value head of t, and where each begins.
struct Packed {
  Tensor data;
  std::vector<int64_t> offsets; // of segment s, head h at s * heads + h
};

Packed packTransposed(const Tensor &t, const std::vector<int64_t> &starts) {
  const int64_t heads = t.size(1), dim = t.size(2), segments = static_cast<int64_t>(starts.size()) - 1;
  Packed packed;
  int64_t total = 0;
  for (int64_t s = 0; s < segments; ++s) {
    const int64_t length = starts[static_cast<size_t>(s) + 1] - starts[static_cast<size_t>(s)];
    for (int64_t h = 0; h < heads; ++h) {
      packed.offsets.push_back(total);
      total += loops().packedFloats(length, dim);
    }
  }
  packed.data = at::empty({total}, t.options());
  parallelRanges(segments * heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t s = item / heads, h = item % heads, start = starts[static_cast<size_t>(s)];
      loops().packTransposed(elements<float>(t) + start * t.stride(0) + h * t.stride(1), t.stride(0),
                             starts[static_cast<size_t>(s) + 1] - start, dim,
                             elements<float>(packed.data) + packed.offsets[static_cast<size_t>(item)]);
    }
  });
  return packed;
}

size_t segmentOf(const std::vector<int64_t> &starts, int64_t start) {
  // Empty segments share their start with the next: the last one that begins here is the one with rows.
  return static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), start) - starts.begin()) - 1;
}

int64_t longest(const std::vector<int64_t> &starts) {
  int64_t best = 0;
  for (size_t s = 0; s + 1 < starts.size(); ++s) best = std::max(best, starts[s + 1] - starts[s]);
  return best;
}

AttentionHead headOf(const Tensor &q, const Tensor &k, const Tensor &v, int64_t start, int64_t length, int64_t head, int64_t kvHead,
                     const AttentionSpec &spec) {
  AttentionHead one;
  one.q = elements<float>(q) + start * q.stride(0) + head * q.stride(1);
  one.k = elements<float>(k) + start * k.stride(0) + kvHead * k.stride(1);
  one.v = elements<float>(v) + start * v.stride(0) + kvHead * v.stride(1);
  one.qRow = q.stride(0);
  one.kRow = k.stride(0);
  one.vRow = v.stride(0);
  one.queries = one.keys = length;
  one.offset = 0;
  one.dim = q.size(2);
  one.alibi = spec.alibiSlopes.empty() ? 0.0f : spec.alibiSlopes[static_cast<size_t>(head)];
  return one;
}

} // namespace

bool usesAttentionLoops(const Tensor &q, const Tensor &k, const Tensor &v) {
  return usesOwnKernels(q) && usesOwnKernels(k) && usesOwnKernels(v) && q.scalar_type() == k.scalar_type() &&
         k.scalar_type() == v.scalar_type() && q.size(2) == v.size(2);
}

SlicedResult loopForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  const Tensor wq = wide(q), wk = wide(k), wv = wide(v);
  const int64_t heads = q.size(1), kvHeads = k.size(1), group = heads / kvHeads, dim = q.size(2), rows = q.size(0);
  SlicedResult result;
  Tensor out = at::empty(q.sizes(), wq.options());
  result.lse = at::empty({heads, rows}, wq.options());
  const auto packed = packTransposed(wk, spec.segmentStarts);
  const auto pieces = piecesOf(spec.segmentStarts, heads, kQueryChunk);
  const auto rules = rulesOf(spec, dim);
  const int64_t count = static_cast<int64_t>(pieces.size()), scratchSize = loops().scratchFloats(longest(spec.segmentStarts), dim, false);
  Tensor scratch = at::empty({partCount(count, 1), scratchSize}, wq.options());
  parallelItems(count, [&](int64_t item, int64_t worker) {
    const Piece &piece = pieces[static_cast<size_t>(item)];
    const int64_t kvHead = piece.head / group;
    const AttentionHead head = headOf(wq, wk, wv, piece.start, piece.length, piece.head, kvHead, spec);
    const size_t place = segmentOf(spec.segmentStarts, piece.start) * static_cast<size_t>(kvHeads) + static_cast<size_t>(kvHead);
    loops().forward(head, rules, elements<float>(packed.data) + packed.offsets[place], piece.begin, piece.end,
                    elements<float>(out) + piece.start * heads * dim + piece.head * dim, heads * dim,
                    elements<float>(result.lse) + piece.head * rows + piece.start, elements<float>(scratch) + worker * scratchSize);
  });
  result.out = out.to(q.scalar_type());
  return result;
}

void loopBackward(const Tensor &gradIn, const Tensor &q, const Tensor &k, const Tensor &v, const SlicedResult &result,
                  const AttentionSpec &spec, Tensor dqOut, Tensor dkOut, Tensor dvOut) {
  const Tensor wq = wide(q), wk = wide(k), wv = wide(v), grad = wide(gradIn);
  const int64_t heads = q.size(1), kvHeads = k.size(1), group = heads / kvHeads, dim = q.size(2), rows = q.size(0);
  const auto &starts = spec.segmentStarts;
  const Tensor delta = at::mul(grad, result.out).sum(-1).t().contiguous(); // [a, N]
  const auto packedKeys = packTransposed(wk, starts), packedValues = packTransposed(wv, starts);
  const bool direct = q.scalar_type() == at::kFloat && dqOut.stride(2) == 1;
  Tensor dq = direct ? dqOut : at::empty(q.sizes(), wq.options());
  const auto rules = rulesOf(spec, dim);
  const int64_t longestKeys = longest(starts), scratchSize = loops().scratchFloats(longestKeys, dim, true);
  // A piece is a whole segment of one key/value head, so that its gradients have one writer.
  const auto pieces = piecesOf(starts, kvHeads, std::max<int64_t>(1, longestKeys));
  const int64_t count = static_cast<int64_t>(pieces.size()), workers = partCount(count, 1);
  Tensor scratch = at::empty({workers, scratchSize + 2 * longestKeys * dim}, wq.options());
  parallelItems(count, [&](int64_t item, int64_t worker) {
    const Piece &piece = pieces[static_cast<size_t>(item)];
    const int64_t kvHead = piece.head;
    const size_t place = segmentOf(starts, piece.start) * static_cast<size_t>(kvHeads) + static_cast<size_t>(kvHead);
    float *own = elements<float>(scratch) + worker * scratch.size(1);
    float *dk = own + scratchSize, *dv = dk + piece.length * dim;
    std::fill(dk, dk + 2 * piece.length * dim, 0.0f);
    for (int64_t h = kvHead * group; h < (kvHead + 1) * group; ++h) {
      const AttentionHead head = headOf(wq, wk, wv, piece.start, piece.length, h, kvHead, spec);
      loops().backward(head, rules, elements<float>(packedKeys.data) + packedKeys.offsets[place],
                       elements<float>(packedValues.data) + packedValues.offsets[place],
                       elements<float>(grad) + piece.start * grad.stride(0) + h * grad.stride(1), grad.stride(0),
                       elements<float>(result.lse) + h * rows + piece.start, elements<float>(delta) + h * rows + piece.start, 0,
                       piece.length, elements<float>(dq) + piece.start * dq.stride(0) + h * dq.stride(1), dq.stride(0), dk, dv, own);
    }
    withStorage(dkOut.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      for (int64_t row = 0; row < piece.length; ++row) {
        const int64_t at = piece.start + row;
        kernels::typedKernels<S>().fromFloat(dk + row * dim, elements<S>(dkOut) + at * dkOut.stride(0) + kvHead * dkOut.stride(1), dim);
        kernels::typedKernels<S>().fromFloat(dv + row * dim, elements<S>(dvOut) + at * dvOut.stride(0) + kvHead * dvOut.stride(1), dim);
      }
    });
  });
  if (!direct) dqOut.copy_(dq);
}

Tensor loopCached(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec) {
  const int64_t rows = q.size(0), heads = q.size(1), kvHeads = keys.size(0), group = heads / kvHeads, dim = q.size(2);
  const Tensor wq = wide(q).contiguous();
  Tensor out = at::empty(q.sizes(), wq.options());
  const auto rules = rulesOf(spec, dim);
  if (rows <= kDecodeRows && keys.stride(1) == dim && values.stride(1) == dim) {
    const int64_t items = rows * kvHeads, scratchSize = group * (start + rows);
    // Below this the threads' hand-over costs more than the work.
    const int64_t parts = partCount(items, (items * dim * (start + rows) * group) < 32768 ? items : 1);
    Tensor scratch = at::empty({parts, scratchSize}, wq.options());
    withStorage(keys.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      runParts(parts, [&](int64_t part) {
        for (int64_t item = items * part / parts; item < items * (part + 1) / parts; ++item) {
          const int64_t row = item / kvHeads, kvHead = item % kvHeads, end = start + row + 1;
          const int64_t begin = spec.window > 0 ? std::max<int64_t>(0, end - spec.window) : 0;
          const float *alibi = spec.alibiSlopes.empty() ? nullptr : spec.alibiSlopes.data() + kvHead * group;
          kernels::typedKernels<S>().decodeHead(
              elements<float>(wq) + (row * heads + kvHead * group) * dim, elements<S>(keys) + kvHead * keys.stride(0),
              elements<S>(values) + kvHead * values.stride(0), elements<float>(out) + (row * heads + kvHead * group) * dim,
              elements<float>(scratch) + part * scratchSize, group, dim, begin, end, rules.scale, rules.softcap, alibi);
        }
      });
    });
    return out.to(q.scalar_type());
  }
  const Tensor wk = wide(keys), wv = wide(values); // [kv, start + rows, D]
  const int64_t length = start + rows;
  Tensor packed = at::empty({kvHeads, loops().packedFloats(length, dim)}, wq.options());
  parallelRanges(kvHeads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) {
      loops().packTransposed(elements<float>(wk) + h * wk.stride(0), wk.stride(1), length, dim,
                             elements<float>(packed) + h * packed.size(1));
    }
  });
  const auto pieces = piecesOf({0, rows}, heads, kQueryChunk / 2);
  const int64_t count = static_cast<int64_t>(pieces.size()), scratchSize = loops().scratchFloats(length, dim, false);
  Tensor scratch = at::empty({partCount(count, 1), scratchSize}, wq.options()), lse = at::empty({heads, rows}, wq.options());
  parallelItems(count, [&](int64_t item, int64_t worker) {
    const Piece &piece = pieces[static_cast<size_t>(item)];
    const int64_t kvHead = piece.head / group;
    AttentionHead head;
    head.q = elements<float>(wq) + piece.head * dim;
    head.k = elements<float>(wk) + kvHead * wk.stride(0);
    head.v = elements<float>(wv) + kvHead * wv.stride(0);
    head.qRow = heads * dim;
    head.kRow = wk.stride(1);
    head.vRow = wv.stride(1);
    head.queries = rows;
    head.keys = length;
    head.offset = start;
    head.dim = dim;
    head.alibi = spec.alibiSlopes.empty() ? 0.0f : spec.alibiSlopes[static_cast<size_t>(piece.head)];
    loops().forward(head, rules, elements<float>(packed) + kvHead * packed.size(1), piece.begin, piece.end,
                    elements<float>(out) + piece.head * dim, heads * dim, elements<float>(lse) + piece.head * rows,
                    elements<float>(scratch) + worker * scratchSize);
  });
  return out.to(q.scalar_type());
}

} // namespace attune::core
