// The text of our kernels for accelerators, in what CUDA and HIP share; core/nn/device_kernels.cpp compiles it once a storage
// type. T is the storage (TYPE 0 fp32, 1 bf16, 2 fp16); arithmetic is in float. A Pack is 16 bytes: widths and addresses are
// multiples of it, which the callers check. One row a block unless a kernel says otherwise.
#pragma once

namespace attune::core::kernels {

inline constexpr const char *kDeviceSource = R"CODE(
typedef unsigned short ushort16;
#if TYPE == 0
typedef float T;
__device__ inline float wide(T v) { return v; }
__device__ inline T narrow(float v) { return v; }
#elif TYPE == 1
struct T { ushort16 bits; };
__device__ inline float wide(T v) { return __uint_as_float(((unsigned)v.bits) << 16); }
__device__ inline T narrow(float v) {
  T out;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out.bits) : "f"(v));
#else
  unsigned u = __float_as_uint(v);
  if ((u & 0x7fffffffu) > 0x7f800000u) out.bits = 0x7fc0;
  else out.bits = (ushort16)((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
#endif
  return out;
}
#else
#if defined(__HIP__) || defined(__HIPCC_RTC__)
struct T { _Float16 value; };
__device__ inline float wide(T v) { return (float)v.value; }
__device__ inline T narrow(float v) { T out; out.value = (_Float16)v; return out; }
#else
struct T { ushort16 bits; };
__device__ inline float wide(T v) { float f; asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(v.bits)); return f; }
__device__ inline T narrow(float v) { T out; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(out.bits) : "f"(v)); return out; }
#endif
#endif
__device__ inline void put(T &to, float v) { to = narrow(v); }
#if TYPE != 0
__device__ inline float wide(float v) { return v; }
__device__ inline void put(float &to, float v) { to = v; }
#endif
#define INFINITY_F __uint_as_float(0x7f800000u)
#define PACK (16 / (int)sizeof(T))
struct __align__(16) Pack { T v[PACK]; };
template <class R> struct __align__(16) PackOf { R v[PACK]; }; // as many values of another type
typedef long long int64;

/// Sum over the block's 256 threads, in every thread.
__device__ inline float blockSum(float value) {
  __shared__ float parts[256];
  __syncthreads();
  parts[threadIdx.x] = value;
  __syncthreads();
  for (int half = 128; half > 0; half >>= 1) {
    if ((int)threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  return parts[0];
}

/// Running maximum and sum of exp(x - maximum) over the block, in every thread.
__device__ inline float blockLogSum(float maximum, float sum) {
  __shared__ float maxima[256];
  __shared__ float sums[256];
  __syncthreads();
  maxima[threadIdx.x] = maximum;
  sums[threadIdx.x] = sum;
  __syncthreads();
  for (int half = 128; half > 0; half >>= 1) {
    if ((int)threadIdx.x < half) {
      float a = maxima[threadIdx.x], b = maxima[threadIdx.x + half], m = fmaxf(a, b);
      if (m > -INFINITY_F) sums[threadIdx.x] = sums[threadIdx.x] * expf(a - m) + sums[threadIdx.x + half] * expf(b - m);
      maxima[threadIdx.x] = m;
    }
    __syncthreads();
  }
  return maxima[0] + logf(sums[0]);
}

/// sum = x + delta (delta may be null, then sum is x); y = norm(sum) * weight. R is the type of x and sum.
template <class R> __device__ inline void normForwardOf(const R *x, const T *delta, const T *weight, R *sum, T *y, float *rstd,
                                                        int64 width, float eps, int plusOne) {
  const int64 row = blockIdx.x, packs = width / PACK;
  const PackOf<R> *in = (const PackOf<R> *)(x + row * width);
  const Pack *add = delta ? (const Pack *)(delta + row * width) : 0;
  PackOf<R> *kept = (PackOf<R> *)(sum + row * width);
  float squares = 0;
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    PackOf<R> p = in[i];
    if (add) {
      const Pack d = add[i];
      for (int k = 0; k < PACK; ++k) put(p.v[k], wide(p.v[k]) + wide(d.v[k]));
      kept[i] = p;
    }
    for (int k = 0; k < PACK; ++k) squares += wide(p.v[k]) * wide(p.v[k]);
  }
  const float scale = rsqrtf(blockSum(squares) / (float)width + eps);
  if (threadIdx.x == 0) rstd[row] = scale;
  const PackOf<R> *from = add ? (const PackOf<R> *)kept : in;
  const Pack *factor = (const Pack *)weight;
  Pack *out = (Pack *)(y + row * width);
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    const PackOf<R> p = from[i];
    const Pack f = factor[i];
    Pack r;
    for (int k = 0; k < PACK; ++k) {
      const float normed = wide(p.v[k]) * scale;
      r.v[k] = plusOne ? narrow(normed * (wide(f.v[k]) + 1.0f)) : narrow(wide(narrow(normed)) * wide(f.v[k]));
    }
    out[i] = r;
  }
}

extern "C" __global__ void normForward(const T *x, const T *delta, const T *weight, T *sum, T *y, float *rstd, int64 width, float eps,
                                       int plusOne) {
  normForwardOf<T>(x, delta, weight, sum, y, rstd, width, eps, plusOne);
}
#if TYPE != 0
extern "C" __global__ void normForwardWide(const float *x, const T *delta, const T *weight, float *sum, T *y, float *rstd, int64 width,
                                           float eps, int plusOne) {
  normForwardOf<float>(x, delta, weight, sum, y, rstd, width, eps, plusOne);
}
#endif

/// The gradient of the sum; gradSum (what reaches it directly) may be null.
template <class R> __device__ inline void normBackwardOf(const T *gradY, const R *gradSum, const R *sum, const T *weight,
                                                         const float *rstd, R *gradX, int64 width, int plusOne) {
  const int64 row = blockIdx.x, packs = width / PACK;
  const Pack *g = (const Pack *)(gradY + row * width), *f = (const Pack *)weight;
  const PackOf<R> *s = (const PackOf<R> *)(sum + row * width);
  const PackOf<R> *more = gradSum ? (const PackOf<R> *)(gradSum + row * width) : 0;
  PackOf<R> *out = (PackOf<R> *)(gradX + row * width);
  const float scale = rstd[row], one = plusOne ? 1.0f : 0.0f;
  float dot = 0;
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    const Pack a = g[i], c = f[i];
    const PackOf<R> b = s[i];
    for (int k = 0; k < PACK; ++k) dot += wide(a.v[k]) * (wide(c.v[k]) + one) * wide(b.v[k]) * scale;
  }
  const float mean = blockSum(dot) / (float)width;
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    const Pack a = g[i], c = f[i];
    const PackOf<R> b = s[i];
    PackOf<R> r, m;
    if (more) m = more[i];
    for (int k = 0; k < PACK; ++k) {
      float value = (wide(a.v[k]) * (wide(c.v[k]) + one) - wide(b.v[k]) * scale * mean) * scale;
      if (more) value += wide(m.v[k]);
      put(r.v[k], value);
    }
    out[i] = r;
  }
}
extern "C" __global__ void normBackward(const T *gradY, const T *gradSum, const T *sum, const T *weight, const float *rstd, T *gradX,
                                        int64 width, int plusOne) {
  normBackwardOf<T>(gradY, gradSum, sum, weight, rstd, gradX, width, plusOne);
}
#if TYPE != 0
extern "C" __global__ void normBackwardWide(const T *gradY, const float *gradSum, const float *sum, const T *weight, const float *rstd,
                                            float *gradX, int64 width, int plusOne) {
  normBackwardOf<float>(gradY, gradSum, sum, weight, rstd, gradX, width, plusOne);
}
#endif

__device__ inline float activate(float x, int kind, float *slope) {
  if (kind == 0) {
    const float s = 1.0f / (1.0f + expf(-x));
    *slope = s * (1.0f + x * (1.0f - s));
    return x * s;
  }
  if (kind == 1) {
    const float square = x * x, t = tanhf(0.7978845608028654f * x * (1.0f + 0.044715f * square)), half = 0.5f * (1.0f + t);
    *slope = half + 0.5f * x * (1.0f - t * t) * 0.7978845608028654f * (1.0f + 3.0f * 0.044715f * square);
    return x * half;
  }
  const float half = 0.5f * (1.0f + erff(x * 0.7071067811865476f));
  *slope = half + x * 0.3989422804014327f * expf(-0.5f * x * x);
  return x * half;
}

/// gate|up [rows, 2 width] -> act(gate) * up [rows, width]. One pack a thread.
extern "C" __global__ void gateForward(const T *gateUp, T *out, int64 rows, int64 width, int kind) {
  const int64 packs = width / PACK, i = blockIdx.x * (int64)blockDim.x + threadIdx.x;
  if (i >= rows * packs) return;
  const int64 row = i / packs, column = i % packs;
  const Pack *in = (const Pack *)(gateUp + row * 2 * width);
  const Pack g = in[column], u = in[packs + column];
  Pack r;
  float slope;
  for (int k = 0; k < PACK; ++k) r.v[k] = narrow(activate(wide(g.v[k]), kind, &slope) * wide(u.v[k]));
  ((Pack *)(out + row * width))[column] = r;
}

/// The gradient of gate|up, and where `product` is given act(gate) * up once more.
extern "C" __global__ void gateBackward(const T *grad, const T *gateUp, T *out, T *product, int64 rows, int64 width, int kind) {
  const int64 packs = width / PACK, i = blockIdx.x * (int64)blockDim.x + threadIdx.x;
  if (i >= rows * packs) return;
  const int64 row = i / packs, column = i % packs;
  const Pack *in = (const Pack *)(gateUp + row * 2 * width);
  const Pack d = ((const Pack *)(grad + row * width))[column], g = in[column], u = in[packs + column];
  Pack dg, du, h;
  for (int k = 0; k < PACK; ++k) {
    float slope;
    const float value = activate(wide(g.v[k]), kind, &slope), dy = wide(d.v[k]), up = wide(u.v[k]);
    dg.v[k] = narrow(dy * up * slope);
    du.v[k] = narrow(dy * value);
    h.v[k] = narrow(value * up);
  }
  Pack *to = (Pack *)(out + row * 2 * width);
  to[column] = dg;
  to[packs + column] = du;
  if (product) ((Pack *)(product + row * width))[column] = h;
}

/// Turns [rows, heads, dim] by position; in and out may be the same. One pair a thread; `half` pairs a head, the rest is
/// copied where out is another place.
extern "C" __global__ void rotate(const T *in, T *out, const int64 *positions, const float *cosines, const float *sines, int64 rows,
                                  int64 heads, int64 dim, int64 half, int64 inRow, int64 inHead, int64 outRow, int64 outHead,
                                  int interleaved, int inverse) {
  const int64 i = blockIdx.x * (int64)blockDim.x + threadIdx.x, each = half + (dim - 2 * half);
  if (i >= rows * heads * each) return;
  const int64 pair = i % each, head = i / each % heads, row = i / each / heads;
  const T *from = in + row * inRow + head * inHead;
  T *to = out + row * outRow + head * outHead;
  if (pair >= half) {
    to[half + pair] = from[half + pair];
    return;
  }
  const int64 a = interleaved ? 2 * pair : pair, b = interleaved ? a + 1 : pair + half;
  const float c = cosines[positions[row] * half + pair], s = inverse ? -sines[positions[row] * half + pair] : sines[positions[row] * half + pair];
  const float x = wide(from[a]), y = wide(from[b]);
  to[a] = narrow(x * c - y * s);
  to[b] = narrow(y * c + x * s);
}

/// The same for heads turned by halves whose parts are whole packs: one pack of pairs a thread.
extern "C" __global__ void rotateHalves(const T *in, T *out, const int64 *positions, const float *cosines, const float *sines, int64 rows,
                                        int64 heads, int64 half, int64 inRow, int64 inHead, int64 outRow, int64 outHead, int inverse) {
  const int64 packs = half / PACK, i = blockIdx.x * (int64)blockDim.x + threadIdx.x;
  if (i >= rows * heads * packs) return;
  const int64 p = i % packs, head = i / packs % heads, row = i / packs / heads;
  const Pack *from = (const Pack *)(in + row * inRow + head * inHead);
  Pack *to = (Pack *)(out + row * outRow + head * outHead);
  const float *c = cosines + positions[row] * half + p * PACK, *s = sines + positions[row] * half + p * PACK;
  const Pack a = from[p], b = from[packs + p];
  Pack x, y;
  for (int k = 0; k < PACK; ++k) {
    const float sine = inverse ? -s[k] : s[k];
    x.v[k] = narrow(wide(a.v[k]) * c[k] - wide(b.v[k]) * sine);
    y.v[k] = narrow(wide(b.v[k]) * c[k] + wide(a.v[k]) * sine);
  }
  to[p] = x;
  to[packs + p] = y;
}

/// One token's packed q|k|v: k and v go to place `at` of the caches [kvHeads, capacity, dim]. One pack a thread.
extern "C" __global__ void storeKeysValues(const T *qkv, T *keys, T *values, int64 kvStride, int64 at, int heads, int kvHeads, int dim) {
  const int packs = dim / PACK, i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= 2 * kvHeads * packs) return;
  const int p = i % packs, head = i / packs;
  T *to = head < kvHeads ? keys + head * kvStride : values + (head - kvHeads) * kvStride;
  ((Pack *)(to + at * dim))[p] = ((const Pack *)(qkv + (int64)(heads + head) * dim))[p];
}

/// One query a head against the keys and values in a cache [kvHeads, capacity, dim]: a block a query head, scores of all
/// `length` keys in shared memory. first: the first key in sight; slopes null = no ALiBi.
extern "C" __global__ void decodeAttention(const T *q, const T *keys, const T *values, T *out, int64 kvStride, int64 first, int64 length,
                                           int group, int dim, float scale, float softcap, const float *slopes) {
  extern __shared__ float scores[]; // length - first, then 256 * PACK for the sums
  const int head = blockIdx.x, packs = dim / PACK, count = (int)(length - first);
  const T *k = keys + (head / group) * kvStride + first * dim, *v = values + (head / group) * kvStride + first * dim;
  const Pack *query = (const Pack *)(q + (int64)head * dim);
  float maximum = -INFINITY_F;
  for (int t = threadIdx.x; t < count; t += blockDim.x) {
    const Pack *key = (const Pack *)(k + (int64)t * dim);
    float dot = 0;
    for (int p = 0; p < packs; ++p) {
      const Pack a = query[p], b = key[p];
      for (int i = 0; i < PACK; ++i) dot += wide(a.v[i]) * wide(b.v[i]);
    }
    dot *= scale;
    if (softcap > 0) dot = tanhf(dot / softcap) * softcap;
    if (slopes) dot -= slopes[head] * (float)(count - 1 - t);
    scores[t] = dot;
    maximum = fmaxf(maximum, dot);
  }
  __shared__ float top[256];
  top[threadIdx.x] = maximum;
  __syncthreads();
  for (int half = 128; half > 0; half >>= 1) {
    if ((int)threadIdx.x < half) top[threadIdx.x] = fmaxf(top[threadIdx.x], top[threadIdx.x + half]);
    __syncthreads();
  }
  const float highest = top[0];
  float sum = 0;
  for (int t = threadIdx.x; t < count; t += blockDim.x) {
    scores[t] = expf(scores[t] - highest);
    sum += scores[t];
  }
  const float total = blockSum(sum);
  float *sums = scores + count;
  const int lanes = blockDim.x / packs, lane = threadIdx.x / packs, p = threadIdx.x % packs; // lanes share the keys
  float mine[PACK];
  for (int i = 0; i < PACK; ++i) mine[i] = 0;
  if (lane < lanes)
    for (int t = lane; t < count; t += lanes) {
      const Pack value = ((const Pack *)(v + (int64)t * dim))[p];
      for (int i = 0; i < PACK; ++i) mine[i] += scores[t] * wide(value.v[i]);
    }
  for (int i = 0; i < PACK; ++i) sums[threadIdx.x * PACK + i] = mine[i];
  __syncthreads();
  if (lane > 0) return;
  Pack result;
  for (int i = 0; i < PACK; ++i) {
    float value = 0;
    for (int l = 0; l < lanes; ++l) value += sums[(l * packs + p) * PACK + i];
    result.v[i] = narrow(value / total);
  }
  ((Pack *)(out + (int64)head * dim))[p] = result;
}

/// The 16 values of NF4 into shared memory.
__device__ inline void loadNf4(float *table) {
  const float values[16] = {-1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
                            -0.18477343022823334f, -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f,
                            0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f};
  if (threadIdx.x < 16) table[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
}

/// What a block's weights are multiplied with: its own scale, or one decoded from 8 bits. Rounded step by step as on the CPU.
/// Blocks are powers of two, given as shifts: a division of 64 bits costs more than the weights of a thread.
__device__ inline float nf4Scale(const float *scales, const unsigned char *codes, const float *map, const float *nested, float offset,
                                 int nestedShift, int64 block) {
  if (scales) return scales[block];
  return __fadd_rn(__fmul_rn(map[codes[block]], nested[block >> nestedShift]), offset);
}

/// Four times eight weights a thread, read before the first is decoded; their number and the block are multiples of eight.
extern "C" __global__ void nf4Decode(const unsigned *packed, const float *scales, const unsigned char *codes, const float *map,
                                     const float *nested, float offset, int blockShift, int nestedShift, int64 count, T *out) {
  __shared__ float table[16];
  loadNf4(table);
  const int64 first = blockIdx.x * 1024LL + threadIdx.x, pieces = count / 8;
  unsigned words[4];
  float factors[4];
  for (int j = 0; j < 4; ++j) {
    const int64 i = first + j * 256;
    if (i >= pieces) continue;
    words[j] = packed[i];
    factors[j] = nf4Scale(scales, codes, map, nested, offset, nestedShift, i >> (blockShift - 3));
  }
  for (int j = 0; j < 4; ++j) {
    const int64 i = first + j * 256;
    if (i >= pieces) return;
    Pack *to = (Pack *)(out + i * 8);
    for (int p = 0; p < 8 / PACK; ++p) {
      Pack r;
      for (int k = 0; k < PACK; ++k) {
        const int place = p * PACK + k, shift = (place >> 1) * 8 + ((place & 1) ? 0 : 4); // the first of a byte is its high half
        r.v[k] = narrow(__fmul_rn(table[(words[j] >> shift) & 15u], factors[j]));
      }
      to[p] = r;
    }
  }
}

/// y[row] = x . weights[row] of 32 weights a thread at a time, a row by 32 threads, eight rows a block. columns: whole 32s.
extern "C" __global__ void nf4Product(const T *x, const uint4 *packed, const float *scales, const unsigned char *codes, const float *map,
                                      const float *nested, float offset, int blockShift, int nestedShift, int64 rows, int64 columns, T *y) {
  __shared__ float table[16];
  __shared__ float parts[256];
  loadNf4(table);
  const int64 row = blockIdx.x * 8LL + threadIdx.x / 32, pieces = columns / 32;
  float sum = 0;
  if (row < rows)
    for (int64 c = threadIdx.x % 32; c < pieces; c += 32) {
      const uint4 words = packed[row * pieces + c];
      const unsigned all[4] = {words.x, words.y, words.z, words.w};
      const Pack *from = (const Pack *)(x + c * 32);
      float dot = 0;
      for (int p = 0; p < 32 / PACK; ++p) {
        const Pack a = from[p];
        for (int k = 0; k < PACK; ++k) {
          const int place = p * PACK + k, in = place & 7, shift = (in >> 1) * 8 + ((in & 1) ? 0 : 4);
          dot += table[(all[place >> 3] >> shift) & 15u] * wide(a.v[k]);
        }
      }
      sum += dot * nf4Scale(scales, codes, map, nested, offset, nestedShift, (row * columns + c * 32) >> blockShift);
    }
  parts[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x % 32 || row >= rows) return;
  float total = 0;
  for (int i = 0; i < 32; ++i) total += parts[threadIdx.x + i];
  y[row] = narrow(total);
}

/// Eight weights a thread of rows whose length is a multiple of eight.
extern "C" __global__ void int8Decode(const uint2 *codes, const float *scales, int64 rows, int64 columns, T *out) {
  const int64 i = blockIdx.x * (int64)blockDim.x + threadIdx.x;
  if (i >= rows * columns / 8) return;
  const int64 first = i * 8;
  const float scale = scales[first >> 32 ? first / columns : (int64)((unsigned)first / (unsigned)columns)];
  const uint2 words = codes[i];
  Pack *to = (Pack *)(out + i * 8);
  for (int p = 0; p < 8 / PACK; ++p) {
    Pack r;
    for (int k = 0; k < PACK; ++k) {
      const int place = p * PACK + k;
      const int code = (int)(signed char)(((place < 4 ? words.x : words.y) >> ((place & 3) * 8)) & 255u);
      r.v[k] = narrow(__fmul_rn(__fmul_rn((float)code, scale), 7.874015718698502e-3f));
    }
    to[p] = r;
  }
}

/// y = x . weight^T for one row x: 32 threads a row of the weight, eight rows a block.
extern "C" __global__ void denseProduct(const T *x, const T *weight, T *y, int64 rows, int64 columns) {
  __shared__ float parts[256];
  const int64 row = blockIdx.x * 8LL + threadIdx.x / 32, packs = columns / PACK;
  float sum = 0;
  if (row < rows) {
    const Pack *w = (const Pack *)(weight + row * columns), *v = (const Pack *)x;
    int64 c = threadIdx.x % 32;
    for (; c + 96 < packs; c += 128) { // four reads on their way at once
      const Pack a[4] = {w[c], w[c + 32], w[c + 64], w[c + 96]};
      for (int j = 0; j < 4; ++j) {
        const Pack b = v[c + 32 * j];
        for (int k = 0; k < PACK; ++k) sum += wide(a[j].v[k]) * wide(b.v[k]);
      }
    }
    for (; c < packs; c += 32) {
      const Pack a = w[c], b = v[c];
      for (int k = 0; k < PACK; ++k) sum += wide(a.v[k]) * wide(b.v[k]);
    }
  }
  parts[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x % 32 || row >= rows) return;
  float total = 0;
  for (int i = 0; i < 32; ++i) total += parts[threadIdx.x + i];
  y[row] = narrow(total);
}

/// -log softmax(logits)[target] a row into losses; where `gradient` is set the logits become softmax - onehot. softcap 0 = none.
extern "C" __global__ void crossEntropy(T *logits, const int64 *targets, float *losses, int64 vocab, float softcap, int gradient) {
  const int64 row = blockIdx.x, packs = vocab / PACK, target = targets[row];
  Pack *p = (Pack *)(logits + row * vocab);
  float maximum = -INFINITY_F, sum = 0;
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    const Pack x = p[i];
    float values[PACK], top = -INFINITY_F;
    for (int k = 0; k < PACK; ++k) {
      values[k] = softcap > 0 ? tanhf(wide(x.v[k]) / softcap) * softcap : wide(x.v[k]);
      top = fmaxf(top, values[k]);
    }
    if (top > maximum) {
      sum *= expf(maximum - top);
      maximum = top;
    }
    for (int k = 0; k < PACK; ++k) sum += expf(values[k] - maximum);
  }
  const float wanted = wide(logits[row * vocab + target]); // before anything is written: blockLogSum waits for all
  const float lse = blockLogSum(maximum, sum);
  const float chosen = softcap > 0 ? tanhf(wanted / softcap) * softcap : wanted;
  if (threadIdx.x == 0) losses[row] = lse - chosen;
  if (!gradient) return;
  for (int64 i = threadIdx.x; i < packs; i += blockDim.x) {
    Pack x = p[i];
    for (int k = 0; k < PACK; ++k) {
      const float t = softcap > 0 ? tanhf(wide(x.v[k]) / softcap) : 0.0f, value = softcap > 0 ? t * softcap : wide(x.v[k]);
      float g = expf(value - lse) - (i * PACK + k == target ? 1.0f : 0.0f);
      if (softcap > 0) g *= 1.0f - t * t;
      x.v[k] = narrow(g);
    }
    p[i] = x;
  }
}
)CODE";

} // namespace attune::core::kernels
