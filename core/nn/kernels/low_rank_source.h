// The text of LoRA's skinny products for accelerators, compiled once a 16-bit type (TYPE 1 bf16, 2 fp16), kernel and number of ranks:
// SWEEP or OUTER times 8. It speaks to NVIDIA's matrix units (sm_80 and newer) in PTX; elsewhere nothing is left of
// it, and callers find no kernel of the name. The units' order of columns and ranks is free as long as both operands agree, so a
// thread (t of the four that share row g) takes what lies together in memory: 16 bytes.
#pragma once

namespace attune::core::kernels {

inline constexpr const char *kLowRankSource = R"CODE(
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
typedef unsigned short half16;
typedef long long int64;
#if TYPE == 1
#define KIND "bf16"
#else
#define KIND "f16"
#endif

/// d [16, 8] += a [16, 16] . b [16, 8] by the 32 threads of a warp.
__device__ inline void multiplyAdd(float *d, const unsigned *a, const unsigned *b) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32." KIND "." KIND ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Two values rounded to the storage type, the first in the low half.
__device__ inline unsigned narrowed(float low, float high) {
  unsigned pair;
  asm("cvt.rn." KIND "x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

#ifdef SWEEP
#define TILES SWEEP
#define HALVES (TILES <= 2 ? 2 : 1) // times 32 columns a warp: what registers hold
#else
#define TILES OUTER
#define HALVES (TILES <= 4 ? 2 : 1)
#endif
#define RANKS (8 * TILES)

/// The transpose of an 8 x 8 matrix whose rows lie with four threads each.
__device__ inline unsigned transposed(unsigned pair) {
  unsigned out;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(out) : "r"(pair));
  return out;
}

/// 16 rows of a warp's columns, eight columns a thread of rows g and g + 8; and the same rows of c.
struct Rows {
  unsigned wide[HALVES][2][4], ranks[TILES][2];
};

/// `left`: columns from this thread's first on; rows from `end` on are zeros.
__device__ inline void load(Rows &to, const half16 *__restrict__ w, const half16 *__restrict__ c, int64 row, int64 end, int64 wRow,
                            int64 cRow, int64 left) {
  const int t = threadIdx.x & 3;
  row += (threadIdx.x & 31) >> 2;
#pragma unroll
  for (int i = 0; i < 2; ++i, row += 8) {
#pragma unroll
    for (int h = 0; h < HALVES; ++h) {
      uint4 v = {0, 0, 0, 0};
      if (row < end && h * 32 < left) v = *(const uint4 *)(w + row * wRow + h * 32);
      to.wide[h][i][0] = v.x, to.wide[h][i][1] = v.y, to.wide[h][i][2] = v.z, to.wide[h][i][3] = v.w;
    }
#pragma unroll
    for (int q = 0; q < TILES; ++q) to.ranks[q][i] = row < end ? *(const unsigned *)(c + row * cRow + q * 8 + t * 2) : 0;
  }
}

/// sums [columns, ranks] += wide^T . ranks
__device__ inline void addOuter(float (*sums)[2][TILES][4], const Rows &rows) {
  unsigned b[TILES][2];
#pragma unroll
  for (int q = 0; q < TILES; ++q) b[q][0] = transposed(rows.ranks[q][0]), b[q][1] = transposed(rows.ranks[q][1]);
#pragma unroll
  for (int h = 0; h < HALVES; ++h)
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const unsigned a[4] = {transposed(rows.wide[h][0][2 * j]), transposed(rows.wide[h][0][2 * j + 1]),
                             transposed(rows.wide[h][1][2 * j]), transposed(rows.wide[h][1][2 * j + 1])};
#pragma unroll
      for (int q = 0; q < TILES; ++q) multiplyAdd(sums[h][j][q], a, b[q]);
    }
}

/// Into [columns, RANKS]; `left`: columns from the warp's first on.
__device__ inline void storeOuter(float *to, const float (*sums)[2][TILES][4], int64 left) {
  const int g = (threadIdx.x & 31) >> 2, t = threadIdx.x & 3;
#pragma unroll
  for (int h = 0; h < HALVES; ++h)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int column = h * 32 + (g >> 1) * 8 + 2 * j + (g & 1);
      if (column >= left) continue;
#pragma unroll
      for (int q = 0; q < TILES; ++q) {
        const float *d = sums[h][j >> 1][q] + (j & 1) * 2;
        const float2 pair = {d[0], d[1]};
        *(float2 *)(to + column * RANKS + q * 8 + t * 2) = pair;
      }
    }
}

#ifdef SWEEP
/// An adapter's columns of w and its first rank; the first of its strips of columns.
struct Slice { int column, width, rank, strip; };
struct Slices { Slice of[4]; };

__device__ inline Slice sliceOf(const Slices &slices, int strip) {
  int s = 0;
  while (s < 3 && strip >= slices.of[s + 1].strip) ++s;
  return slices.of[s];
}

/// w [rows, width] read once for both products of each adapter with its columns: w . m^T into back [strips, rows, RANKS], the sums of
/// one strip each, and w^T . c into outer [parts of rows, width, RANKS]. A block takes a strip of 256 HALVES columns and `each` rows
/// (whole 16s); m [ranks of all, width], c [rows, ranks of all].
extern "C" __global__ void __launch_bounds__(256, 2)
    lowRankSweep(const half16 *__restrict__ w, const half16 *__restrict__ m, const half16 *__restrict__ c, float *__restrict__ back,
                 float *__restrict__ outer, int64 rows, int64 width, int64 wRow, int64 mRow, int64 cRow, int64 each, int strips, Slices slices) {
  __shared__ float parts[2][8][16 * RANKS];
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
  const int strip = blockIdx.x % strips;
  const Slice slice = sliceOf(slices, strip);
  const int64 part = blockIdx.x / strips, begin = part * each, end = begin + each < rows ? begin + each : rows;
  const int64 offset = (int64)(strip - slice.strip) * 256 * HALVES + warp * 32 * HALVES, left = slice.width - offset;
  w += slice.column + offset + t * 8;
  c += slice.rank;
  unsigned b[HALVES][TILES][4];
#pragma unroll
  for (int h = 0; h < HALVES; ++h)
#pragma unroll
    for (int q = 0; q < TILES; ++q) {
      uint4 v = {0, 0, 0, 0};
      if (h * 32 + t * 8 < left) v = *(const uint4 *)(m + (slice.rank + q * 8 + g) * mRow + slice.column + offset + h * 32 + t * 8);
      b[h][q][0] = v.x, b[h][q][1] = v.y, b[h][q][2] = v.z, b[h][q][3] = v.w;
    }
  float sums[HALVES][2][TILES][4] = {};
  Rows next;
  load(next, w, c, begin, end, wRow, cRow, left - t * 8);
  int buffer = 0;
  for (int64 row = begin; row < end; row += 16, buffer ^= 1) {
    const Rows now = next;
    load(next, w, c, row + 16, end, wRow, cRow, left - t * 8);
    float d[TILES][4] = {};
#pragma unroll
    for (int h = 0; h < HALVES; ++h)
#pragma unroll
      for (int s = 0; s < 2; ++s) {
        const unsigned a[4] = {now.wide[h][0][2 * s], now.wide[h][1][2 * s], now.wide[h][0][2 * s + 1], now.wide[h][1][2 * s + 1]};
#pragma unroll
        for (int q = 0; q < TILES; ++q) multiplyAdd(d[q], a, b[h][q] + 2 * s);
      }
    float *own = parts[buffer][warp];
#pragma unroll
    for (int q = 0; q < TILES; ++q) {
      const float2 up = {d[q][0], d[q][1]}, low = {d[q][2], d[q][3]};
      *(float2 *)(own + g * RANKS + q * 8 + t * 2) = up;
      *(float2 *)(own + (g + 8) * RANKS + q * 8 + t * 2) = low;
    }
    addOuter(sums, now);
    __syncthreads();
    for (int i = threadIdx.x; i < 16 * RANKS && row + i / RANKS < end; i += 256) {
      float sum = 0;
#pragma unroll
      for (int k = 0; k < 8; ++k) sum += parts[buffer][k][i];
      back[(strip * rows + row) * RANKS + i] = sum;
    }
  }
  storeOuter(outer + (part * width + slice.column + offset) * RANKS, sums, left);
}

/// back [rows, ranks of all]: the sums of each adapter's strips. Two ranks a thread.
extern "C" __global__ void lowRankBack(const float2 *__restrict__ parts, unsigned *__restrict__ back, int64 rows, int ranks, int strips,
                                       Slices slices) {
  const int64 i = blockIdx.x * (int64)blockDim.x + threadIdx.x;
  if (i >= rows * (ranks / 2)) return;
  const int64 row = i / (ranks / 2), rank = i % (ranks / 2) * 2;
  int s = 0;
  while (s < 3 && slices.of[s + 1].strip < strips && rank >= slices.of[s + 1].rank) ++s;
  const int last = s < 3 ? slices.of[s + 1].strip : strips;
  float2 sum = {0, 0};
  for (int strip = slices.of[s].strip; strip < last; ++strip) {
    const float2 v = parts[((strip * rows + row) * RANKS + rank - slices.of[s].rank) / 2];
    sum.x += v.x, sum.y += v.y;
  }
  back[i] = narrowed(sum.x, sum.y);
}
#else

/// w [rows, width]^T . c [rows, RANKS] into outer [parts of rows, width, RANKS]: a block takes 32 HALVES columns and `each` rows, a
/// warp every eighth 16 of them.
extern "C" __global__ void __launch_bounds__(256, 2)
    lowRankOuter(const half16 *__restrict__ w, const half16 *__restrict__ c, float *__restrict__ outer, int64 rows, int64 width, int64 wRow,
                 int64 cRow, int64 each, int strips) {
  __shared__ float parts[4][HALVES * 8 * TILES * 32];
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, t = lane & 3;
  const int64 part = blockIdx.x / strips, begin = part * each, end = begin + each < rows ? begin + each : rows;
  const int64 offset = (int64)(blockIdx.x % strips) * 32 * HALVES, left = width - offset;
  w += offset + t * 8;
  float sums[HALVES][2][TILES][4] = {};
  Rows next;
  load(next, w, c, begin + warp * 16, end, wRow, cRow, left - t * 8);
  for (int64 row = begin + warp * 16; row < end; row += 128) {
    const Rows now = next;
    load(next, w, c, row + 128, end, wRow, cRow, left - t * 8);
    addOuter(sums, now);
  }
  float *all = (float *)sums;
  for (int half = 4; half > 0; half >>= 1) {
    if (warp >= half && warp < 2 * half)
#pragma unroll
      for (int i = 0; i < HALVES * 8 * TILES; ++i) parts[warp - half][i * 32 + lane] = all[i];
    __syncthreads();
    if (warp < half)
#pragma unroll
      for (int i = 0; i < HALVES * 8 * TILES; ++i) all[i] += parts[warp][i * 32 + lane];
    __syncthreads();
  }
  if (warp == 0) storeOuter(outer + (part * width + offset) * RANKS, sums, left);
}
#endif
#endif
)CODE";

} // namespace attune::core::kernels
