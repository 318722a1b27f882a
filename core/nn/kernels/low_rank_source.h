// The text of LoRA's skinny products for accelerators, compiled once a 16-bit type (TYPE 1 bf16, 2 fp16) and number of ranks (up to 16
// STEPS). It speaks to NVIDIA's matrix units (sm_80 and newer) in PTX; elsewhere nothing is left of it, and callers find no kernel of
// the name.
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

/// y [rows, width] = c [rows, ranks] . m [ranks, width], all rows strided. A block takes 128 rows of 256 columns, a warp 64 of 64: it
/// keeps its part of m and writes 16 rows after the other. The units' order of columns and ranks is free as long as both operands
/// agree, so a thread (t of four) takes what memory has together: eight columns at 8t, four ranks at 4t.
extern "C" __global__ void lowRankProduct(const half16 *__restrict__ c, const half16 *__restrict__ m, half16 *__restrict__ y, int64 rows,
                                          int64 width, int ranks, int64 cRow, int64 mRow, int64 yRow) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
  const int64 strips = (width + 255) / 256, column = blockIdx.x % strips * 256 + (warp & 3) * 64;
  const int64 first = blockIdx.x / strips * 128 + (warp >> 2) * 64 + g;
  if (column >= width) return;
  const uint4 none = {0, 0, 0, 0};
  unsigned b[STEPS][2][4][2];
  const unsigned halves = g & 1 ? 0x7632 : 0x5410;
#pragma unroll
  for (int s = 0; s < STEPS; ++s)
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int64 at = column + h * 32 + (g >> 1) * 8;
      uint4 v[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int rank = s * 16 + t * 4 + i;
        v[i] = rank < ranks && at < width ? *(const uint4 *)(m + rank * mRow + at) : none;
      }
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        b[s][h][0][i] = __byte_perm(v[2 * i].x, v[2 * i + 1].x, halves);
        b[s][h][1][i] = __byte_perm(v[2 * i].y, v[2 * i + 1].y, halves);
        b[s][h][2][i] = __byte_perm(v[2 * i].z, v[2 * i + 1].z, halves);
        b[s][h][3][i] = __byte_perm(v[2 * i].w, v[2 * i + 1].w, halves);
      }
    }
#pragma unroll
  for (int tile = 0; tile < 4; ++tile) {
    const int64 upper = first + tile * 16, lower = upper + 8;
    if (upper - g >= rows) return;
    unsigned a[STEPS][4];
#pragma unroll
    for (int s = 0; s < STEPS; ++s) {
      const int rank = s * 16 + t * 4;
      const uint2 zero = {0, 0};
      const uint2 up = rank < ranks && upper < rows ? *(const uint2 *)(c + upper * cRow + rank) : zero;
      const uint2 low = rank < ranks && lower < rows ? *(const uint2 *)(c + lower * cRow + rank) : zero;
      a[s][0] = up.x, a[s][1] = low.x, a[s][2] = up.y, a[s][3] = low.y;
    }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      float d[4][4] = {};
#pragma unroll
      for (int s = 0; s < STEPS; ++s)
#pragma unroll
        for (int j = 0; j < 4; ++j) multiplyAdd(d[j], a[s], b[s][h][j]);
      const int64 at = column + h * 32 + t * 8;
      if (at >= width) continue;
      const uint4 up = {narrowed(d[0][0], d[0][1]), narrowed(d[1][0], d[1][1]), narrowed(d[2][0], d[2][1]), narrowed(d[3][0], d[3][1])};
      const uint4 low = {narrowed(d[0][2], d[0][3]), narrowed(d[1][2], d[1][3]), narrowed(d[2][2], d[2][3]), narrowed(d[3][2], d[3][3])};
      if (upper < rows) *(uint4 *)(y + upper * yRow + at) = up;
      if (lower < rows) *(uint4 *)(y + lower * yRow + at) = low;
    }
  }
}

#endif
)CODE";

} // namespace attune::core::kernels
