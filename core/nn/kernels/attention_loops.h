// Attention of one head in fp32: every product is the same register tile, scores of a few queries against all their keys
// stay in the cache, so neither a score matrix nor a running rescale is needed. Part of the kernel files.
#pragma once

#include "core/nn/kernels/simd.h"

namespace attune::core::kernels::ATTUNE_ISA {

constexpr int kTileRows = 6;
constexpr int kTileVectors = W == 16 ? 4 : 2; // 24 or 12 sums in registers
constexpr int64_t kKeyBlock = kTileVectors * W;
constexpr int64_t kBackwardRows = 8 * kTileRows;

/// C [R, V vectors] (+)= A . B; A element (i, k) at i * aRow + k * aCol, so A may be transposed.
template <int R, int V, bool kPartial>
ATTUNE_INLINE void tile(const float *a, int64_t aRow, int64_t aCol, const float *b, int64_t bRow, float *c, int64_t cRow, int64_t depth,
                        int64_t columns, bool accumulate) {
  Vf acc[R][V] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Vf in[V];
    for (int v = 0; v < V; ++v) in[v] = kPartial ? load(b + k * bRow, columns) : load(b + k * bRow + v * W);
    for (int i = 0; i < R; ++i) {
      const float factor = a[i * aRow + k * aCol];
      for (int v = 0; v < V; ++v) acc[i][v] += in[v] * factor;
    }
  }
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) {
      float *out = c + i * cRow + v * W;
      if (kPartial) {
        store(out, accumulate ? load(out, columns) + acc[i][v] : acc[i][v], columns);
      } else {
        store(out, accumulate ? load(out) + acc[i][v] : acc[i][v]);
      }
    }
  }
}

template <int R>
ATTUNE_INLINE void rowTile(const float *a, int64_t aRow, int64_t aCol, const float *b, int64_t bRow, float *c, int64_t cRow,
                           int64_t columns, int64_t depth, bool accumulate) {
  int64_t n = 0;
  for (; n + kKeyBlock <= columns; n += kKeyBlock) {
    tile<R, kTileVectors, false>(a, aRow, aCol, b + n, bRow, c + n, cRow, depth, 0, accumulate);
  }
  for (; n + W <= columns; n += W) tile<R, 1, false>(a, aRow, aCol, b + n, bRow, c + n, cRow, depth, 0, accumulate);
  if (n < columns) tile<R, 1, true>(a, aRow, aCol, b + n, bRow, c + n, cRow, depth, columns - n, accumulate);
}

/// Up to kTileRows rows of a product.
static void rowsTimes(const float *a, int64_t aRow, int64_t aCol, const float *b, int64_t bRow, float *c, int64_t cRow, int64_t rows,
                      int64_t columns, int64_t depth, bool accumulate) {
  switch (rows) {
  case 6: return rowTile<6>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  case 5: return rowTile<5>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  case 4: return rowTile<4>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  case 3: return rowTile<3>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  case 2: return rowTile<2>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  default: return rowTile<1>(a, aRow, aCol, b, bRow, c, cRow, columns, depth, accumulate);
  }
}

ATTUNE_INLINE int64_t paddedKeys(int64_t keys) { return (keys + kKeyBlock - 1) / kKeyBlock * kKeyBlock; }

/// Distance of two rows of scores: one cache line more than the keys, or a power of two would pile all rows of a column
/// onto two of the cache's sets.
ATTUNE_INLINE int64_t scoreRow(int64_t keys) { return paddedKeys(keys) + 16; }

static int64_t packedFloats(int64_t keys, int64_t dim) { return paddedKeys(keys) * dim; }

static void packTransposed(const float *in, int64_t row, int64_t keys, int64_t dim, float *packed) {
  for (int64_t block = 0; block < keys; block += kKeyBlock) {
    float *out = packed + block * dim;
    const int64_t count = least(kKeyBlock, keys - block);
    for (int64_t d = 0; d < dim; ++d) {
      for (int64_t j = 0; j < count; ++j) out[d * kKeyBlock + j] = in[(block + j) * row + d];
      for (int64_t j = count; j < kKeyBlock; ++j) out[d * kKeyBlock + j] = 0.0f;
    }
  }
}

static int64_t scratchFloats(int64_t keys, int64_t, bool backward) {
  return scoreRow(keys) * (backward ? 2 * kBackwardRows : kTileRows) + 64;
}

/// rows (<= 6) of A against packed transposed keys [first, last), first a multiple of kKeyBlock: out columns from `first`.
ATTUNE_INLINE void packedProduct(const float *a, int64_t aRow, const float *packed, int64_t dim, int64_t rows, int64_t first, int64_t last,
                                 float *out, int64_t outRow) {
  for (int64_t block = first; block < last; block += kKeyBlock) {
    rowsTimes(a, aRow, 1, packed + block * dim, kKeyBlock, out + block, outRow, rows, kKeyBlock, dim, false);
  }
}

struct Visible {
  int64_t begin, end;
};

ATTUNE_INLINE Visible visibleKeys(const AttentionHead &head, const AttentionRules &rules, int64_t query) {
  const int64_t position = head.offset + query;
  const int64_t begin = rules.window > 0 ? most(0, position - rules.window + 1) : 0;
  return {begin, least(position + 1, head.keys)};
}

ATTUNE_INLINE Vi laneIndex() {
  Vi index;
  for (int i = 0; i < W; ++i) index[i] = i;
  return index;
}

ATTUNE_INLINE Vi within(int64_t column, const Visible &seen) {
  const Vi index = laneIndex() + static_cast<int32_t>(column);
  return (index >= static_cast<int32_t>(seen.begin)) & (index < static_cast<int32_t>(seen.end));
}

/// Scale, cap and position bias of a vector of raw products; slope is d result / d product.
ATTUNE_INLINE Vf scored(Vf raw, int64_t column, int64_t position, const AttentionHead &head, const AttentionRules &rules, Vf *slope) {
  Vf v = raw * rules.scale;
  *slope = splat(rules.scale);
  if (rules.softcap > 0.0f) {
    const Vf t = tanhOf(v * (1.0f / rules.softcap));
    v = t * rules.softcap;
    *slope *= 1.0f - t * t;
  }
  if (head.alibi != 0.0f) {
    v += __builtin_convertvector(laneIndex() + static_cast<int32_t>(column - position), Vf) * head.alibi;
  }
  return v;
}

static void forward(const AttentionHead &head, const AttentionRules &rules, const float *packedKeys, int64_t begin, int64_t end, float *out,
                    int64_t outRow, float *lse, float *scratch) {
  const int64_t stride = scoreRow(head.keys);
  for (int64_t row = begin; row < end; row += kTileRows) {
    const int64_t rows = least(kTileRows, end - row);
    const int64_t first = visibleKeys(head, rules, row).begin / kKeyBlock * kKeyBlock;
    const int64_t last = visibleKeys(head, rules, row + rows - 1).end;
    packedProduct(head.q + row * head.qRow, head.qRow, packedKeys, head.dim, rows, first, last, scratch, stride);
    float inverse[kTileRows];
    for (int64_t i = 0; i < rows; ++i) {
      float *s = scratch + i * stride;
      const Visible seen = visibleKeys(head, rules, row + i);
      const int64_t position = head.offset + row + i;
      Vf best = splat(-INFINITY), slope;
      for (int64_t j = first; j < last; j += W) {
        const Vf v = select(within(j, seen), scored(load(s + j), j, position, head, rules, &slope), splat(-INFINITY));
        store(s + j, v);
        best = maxOf(v, best);
      }
      const float peak = maximum(best);
      Vf total{};
      for (int64_t j = first; j < last; j += W) {
        const Vf e = select(within(j, seen), expOf(load(s + j) - peak), Vf{});
        store(s + j, e);
        total += e;
      }
      const float weight = sum(total);
      inverse[i] = 1.0f / weight;
      lse[row + i] = peak + ::logf(weight);
    }
    float *o = out + row * outRow;
    rowsTimes(scratch + first, stride, 1, head.v + first * head.vRow, head.vRow, o, outRow, rows, head.dim, last - first, false);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t d = 0; d < head.dim; d += W) {
        store(o + i * outRow + d, load(o + i * outRow + d, head.dim - d) * inverse[i], head.dim - d);
      }
    }
  }
}

static void backward(const AttentionHead &head, const AttentionRules &rules, const float *packedKeys, const float *packedValues,
                     const float *grad, int64_t gradRow, const float *lse, const float *delta, int64_t begin, int64_t end, float *dq,
                     int64_t dqRow, float *dk, float *dv, float *scratch) {
  const int64_t stride = scoreRow(head.keys);
  float *p = scratch, *ds = scratch + kBackwardRows * stride;
  for (int64_t block = begin; block < end; block += kBackwardRows) {
    const int64_t blockEnd = least(block + kBackwardRows, end);
    const int64_t blockFirst = visibleKeys(head, rules, block).begin / kKeyBlock * kKeyBlock;
    const int64_t blockLast = visibleKeys(head, rules, blockEnd - 1).end;
    for (int64_t row = block; row < blockEnd; row += kTileRows) {
      const int64_t rows = least(kTileRows, blockEnd - row);
      const int64_t first = visibleKeys(head, rules, row).begin / kKeyBlock * kKeyBlock;
      const int64_t last = visibleKeys(head, rules, row + rows - 1).end;
      float *pTile = p + (row - block) * stride, *dsTile = ds + (row - block) * stride;
      packedProduct(head.q + row * head.qRow, head.qRow, packedKeys, head.dim, rows, first, last, pTile, stride);
      packedProduct(grad + row * gradRow, gradRow, packedValues, head.dim, rows, first, last, dsTile, stride);
      for (int64_t i = 0; i < rows; ++i) {
        float *pRow = pTile + i * stride, *dsRow = dsTile + i * stride;
        const Visible seen = visibleKeys(head, rules, row + i);
        const int64_t position = head.offset + row + i;
        const int64_t rowLast = (last + W - 1) / W * W;
        for (int64_t j = blockFirst; j < first; j += W) {
          store(pRow + j, Vf{});
          store(dsRow + j, Vf{});
        }
        for (int64_t j = first; j < rowLast; j += W) {
          Vf slope;
          const Vi mask = within(j, seen);
          const Vf weight = select(mask, expOf(scored(load(pRow + j), j, position, head, rules, &slope) - lse[row + i]), Vf{});
          store(pRow + j, weight);
          store(dsRow + j, select(mask, weight * (load(dsRow + j) - delta[row + i]) * slope, Vf{}));
        }
        for (int64_t j = rowLast; j < blockLast; j += W) {
          store(pRow + j, Vf{});
          store(dsRow + j, Vf{});
        }
      }
      rowsTimes(dsTile + first, stride, 1, head.k + first * head.kRow, head.kRow, dq + row * dqRow, dqRow, rows, head.dim, last - first,
                false);
    }
    for (int64_t key = blockFirst; key < blockLast; key += kTileRows) {
      const int64_t keys = least(kTileRows, blockLast - key);
      const int64_t skip = most(0, key - head.offset - block); // earlier queries of the block do not see this key
      const int64_t depth = blockEnd - block - skip;
      if (depth <= 0) break;
      rowsTimes(p + skip * stride + key, 1, stride, grad + (block + skip) * gradRow, gradRow, dv + key * head.dim, head.dim, keys, head.dim,
                depth, true);
      rowsTimes(ds + skip * stride + key, 1, stride, head.q + (block + skip) * head.qRow, head.qRow, dk + key * head.dim, head.dim, keys,
                head.dim, depth, true);
    }
  }
}

template <class S>
void decodeHead(const float *q, const S *keys, const S *values, float *out, float *scratch, int64_t group, int64_t dim, int64_t begin,
                int64_t end, float scale, float softcap, const float *alibi) {
  const int64_t count = end - begin;
  for (int64_t g = 0; g < group; ++g) {
    const float *query = q + g * dim;
    float *s = scratch + g * count;
    float peak = -INFINITY;
    for (int64_t j = 0; j < count; ++j) {
      const S *key = keys + (begin + j) * dim;
      Vf dot{};
      for (int64_t d = 0; d < dim; d += W) dot += load(query + d, dim - d) * load(key + d, dim - d);
      float v = sum(dot) * scale;
      if (softcap > 0.0f) v = softcap * ::tanhf(v / softcap);
      if (alibi) v += alibi[g] * static_cast<float>(j - count + 1);
      s[j] = v;
      peak = v > peak ? v : peak;
    }
    Vf total{};
    for (int64_t j = 0; j < count; j += W) {
      const Vf e = expOf(load(s + j, count - j) - peak);
      total += select(lanesBelow(count - j < W ? count - j : W), e, Vf{});
      store(s + j, e, count - j);
    }
    const float inverse = 1.0f / sum(total);
    for (int64_t d = 0; d < dim; d += 4 * W) {
      const int64_t vectors = least(4, (dim - d + W - 1) / W);
      Vf acc[4] = {};
      for (int64_t j = 0; j < count; ++j) {
        const S *value = values + (begin + j) * dim + d;
        for (int64_t v = 0; v < vectors; ++v) acc[v] += load(value + v * W, dim - d - v * W) * s[j];
      }
      for (int64_t v = 0; v < vectors; ++v) store(out + g * dim + d + v * W, acc[v] * inverse, dim - d - v * W);
    }
  }
}

} // namespace attune::core::kernels::ATTUNE_ISA
