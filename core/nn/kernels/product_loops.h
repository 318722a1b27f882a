// Products that general matrix libraries do badly: skinny ones (LoRA) and those of one to four rows (decode).
#pragma once

#include "core/nn/kernels/simd.h"

namespace attune::core::kernels::ATTUNE_ISA {

/// R rows of x against Q rows of m: all R.Q sums stay in registers.
template <int R, int Q, class S>
ATTUNE_INLINE void reduceTile(const S *x, int64_t xRow, const float *m, int64_t mRow, int64_t width, float *c, int64_t cRow) {
  Vf acc[R][Q] = {};
  int64_t k = 0;
  for (; k + W <= width; k += W) {
    Vf in[R];
    for (int i = 0; i < R; ++i) in[i] = load(x + i * xRow + k);
    for (int q = 0; q < Q; ++q) {
      const Vf factor = load(m + q * mRow + k);
      for (int i = 0; i < R; ++i) acc[i][q] += in[i] * factor;
    }
  }
  if (k < width) {
    for (int q = 0; q < Q; ++q) {
      const Vf factor = load(m + q * mRow + k, width - k);
      for (int i = 0; i < R; ++i) acc[i][q] += load(x + i * xRow + k, width - k) * factor;
    }
  }
  for (int i = 0; i < R; ++i) {
    for (int q = 0; q < Q; ++q) c[i * cRow + q] = sum(acc[i][q]);
  }
}

template <int R, class S> ATTUNE_INLINE void reduceRows(const S *x, const float *m, float *c, const LowRankShape &s) {
  int64_t q = 0;
  for (; q + 8 <= s.rank; q += 8) reduceTile<R, 8>(x, s.wideRow, m + q * s.factorRow, s.factorRow, s.width, c + q, s.skinnyRow);
  for (; q + 2 <= s.rank; q += 2) reduceTile<R, 2>(x, s.wideRow, m + q * s.factorRow, s.factorRow, s.width, c + q, s.skinnyRow);
  for (; q < s.rank; ++q) reduceTile<R, 1>(x, s.wideRow, m + q * s.factorRow, s.factorRow, s.width, c + q, s.skinnyRow);
}

template <class S> void lowRankReduce(const S *x, const float *m, float *c, const LowRankShape &s) {
  int64_t row = 0;
  for (; row + 3 <= s.rows; row += 3) reduceRows<3>(x + row * s.wideRow, m, c + row * s.skinnyRow, s);
  for (; row < s.rows; ++row) reduceRows<1>(x + row * s.wideRow, m, c + row * s.skinnyRow, s);
}

template <int R, class S> ATTUNE_INLINE void expandRows(S *y, const float *c, const float *m, const LowRankShape &s) {
  int64_t k = 0;
  for (; k + 2 * W <= s.width; k += 2 * W) {
    Vf acc[R][2];
    for (int i = 0; i < R; ++i) {
      acc[i][0] = load(y + i * s.wideRow + k);
      acc[i][1] = load(y + i * s.wideRow + k + W);
    }
    for (int64_t q = 0; q < s.rank; ++q) {
      const Vf first = load(m + q * s.factorRow + k), second = load(m + q * s.factorRow + k + W);
      for (int i = 0; i < R; ++i) {
        const float factor = c[i * s.skinnyRow + q];
        acc[i][0] += first * factor;
        acc[i][1] += second * factor;
      }
    }
    for (int i = 0; i < R; ++i) {
      store(y + i * s.wideRow + k, acc[i][0]);
      store(y + i * s.wideRow + k + W, acc[i][1]);
    }
  }
  for (; k < s.width; k += W) {
    for (int i = 0; i < R; ++i) {
      Vf acc = load(y + i * s.wideRow + k, s.width - k);
      for (int64_t q = 0; q < s.rank; ++q) acc += load(m + q * s.factorRow + k, s.width - k) * c[i * s.skinnyRow + q];
      store(y + i * s.wideRow + k, acc, s.width - k);
    }
  }
}

template <class S> void lowRankExpand(S *y, const float *c, const float *m, const LowRankShape &s) {
  int64_t row = 0;
  for (; row + 6 <= s.rows; row += 6) expandRows<6>(y + row * s.wideRow, c + row * s.skinnyRow, m, s);
  for (; row < s.rows; ++row) expandRows<1>(y + row * s.wideRow, c + row * s.skinnyRow, m, s);
}

/// Q rows of the result, V vectors wide, over a block of rows of x.
template <int Q, int V, class S>
ATTUNE_INLINE void gradientTile(const float *c, const S *x, float *g, int64_t k, int64_t rows, const LowRankShape &s) {
  Vf acc[Q][V];
  for (int q = 0; q < Q; ++q) {
    for (int v = 0; v < V; ++v) acc[q][v] = load(g + q * s.factorRow + k + v * W, s.width - k - v * W);
  }
  for (int64_t row = 0; row < rows; ++row) {
    Vf in[V];
    for (int v = 0; v < V; ++v) in[v] = load(x + row * s.wideRow + k + v * W, s.width - k - v * W);
    for (int q = 0; q < Q; ++q) {
      const float factor = c[row * s.skinnyRow + q];
      for (int v = 0; v < V; ++v) acc[q][v] += in[v] * factor;
    }
  }
  for (int q = 0; q < Q; ++q) {
    for (int v = 0; v < V; ++v) store(g + q * s.factorRow + k + v * W, acc[q][v], s.width - k - v * W);
  }
}

template <int Q, class S> ATTUNE_INLINE void gradientRanks(const float *c, const S *x, float *g, int64_t rows, const LowRankShape &s) {
  int64_t k = 0;
  for (; k + 3 * W <= s.width; k += 3 * W) gradientTile<Q, 3>(c, x, g, k, rows, s);
  for (; k < s.width; k += W) gradientTile<Q, 1>(c, x, g, k, rows, s);
}

template <class S> void lowRankGradient(const float *c, const S *x, float *g, const LowRankShape &s) {
  constexpr int64_t kBlock = 64;
  for (int64_t row = 0; row < s.rows; row += kBlock) {
    const int64_t rows = least(kBlock, s.rows - row);
    const S *in = x + row * s.wideRow;
    int64_t q = 0;
    for (; q + 8 <= s.rank; q += 8) gradientRanks<8>(c + row * s.skinnyRow + q, in, g + q * s.factorRow, rows, s);
    for (; q < s.rank; ++q) gradientRanks<1>(c + row * s.skinnyRow + q, in, g + q * s.factorRow, rows, s);
  }
}

/// Where columns 2 W of a weight's row, starting at k, meet x: see loadTwo and smallProduct in kernel_table.h.
ATTUNE_INLINE void loadTwo(const float *x, int64_t, int64_t k, const float *, Vf &first, Vf &second) { loadTwo(x + k, first, second); }
ATTUNE_INLINE void loadTwo(const float *x, int64_t in, int64_t k, const Bf16 *, Vf &even, Vf &odd) {
  even = load(x + k / 2);
  odd = load(x + in / 2 + k / 2);
}
ATTUNE_INLINE float columnOf(const float *x, int64_t, int64_t k, const float *) { return x[k]; }
ATTUNE_INLINE float columnOf(const float *x, int64_t in, int64_t k, const Bf16 *) {
  return x[k == in / 2 * 2 ? k : k / 2 + k % 2 * (in / 2)];
}

constexpr int64_t kLine = 64; // bytes of a cache line

/// N rows of x against O rows of the weight: the weight streams through once.
template <int N, int O, class S>
ATTUNE_INLINE void smallTile(const float *x, const S *w, S *y, int64_t in, int64_t weightRow, int64_t outRow) {
  Vf acc[N][O] = {};
  int64_t k = 0;
  for (; k + 2 * W <= in; k += 2 * W) {
    Vf first[O], second[O];
    for (int j = 0; j < O; ++j) {
      loadTwo(w + j * weightRow + k, first[j], second[j]);
      const S *next = w + (j + O) * weightRow + k; // the same place of the next tile
      for (int64_t i = 0; i < 2 * W; i += kLine / static_cast<int64_t>(sizeof(S))) __builtin_prefetch(next + i);
    }
    for (int n = 0; n < N; ++n) {
      Vf a, b;
      loadTwo(x + n * in, in, k, w, a, b);
      for (int j = 0; j < O; ++j) acc[n][j] += a * first[j];
      for (int j = 0; j < O; ++j) acc[n][j] += b * second[j];
    }
  }
  for (int n = 0; n < N; ++n) {
    for (int j = 0; j < O; ++j) {
      float total = sum(acc[n][j]);
      for (int64_t i = k; i < in; ++i) total += columnOf(x + n * in, in, i, w) * toScalar(w[j * weightRow + i]);
      fromScalar(total, y + n * outRow + j);
    }
  }
}

template <int N, class S> void smallRows(const float *x, const S *w, S *y, int64_t in, int64_t outs, int64_t weightRow, int64_t outRow) {
  int64_t o = 0;
  for (; o + 4 <= outs; o += 4) smallTile<N, 4>(x, w + o * weightRow, y + o, in, weightRow, outRow);
  for (; o < outs; ++o) smallTile<N, 1>(x, w + o * weightRow, y + o, in, weightRow, outRow);
}

template <class S>
void smallProduct(const float *x, const S *w, S *y, int64_t rows, int64_t in, int64_t outs, int64_t weightRow, int64_t outRow) {
  if (rows == 1) return smallRows<1>(x, w, y, in, outs, weightRow, outRow);
  if (rows == 2) return smallRows<2>(x, w, y, in, outs, weightRow, outRow);
  if (rows == 3) return smallRows<3>(x, w, y, in, outs, weightRow, outRow);
  smallRows<4>(x, w, y, in, outs, weightRow, outRow);
}

} // namespace attune::core::kernels::ATTUNE_ISA
