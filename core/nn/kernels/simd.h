// One vector type per instruction set, on the compilers' vector extension. Included only by the three kernel files, each
// under its own namespace ATTUNE_ISA, so that no function compiled for AVX-512 can be linked into the baseline.
#pragma once

#include "core/nn/kernels/kernel_table.h"

#include <cstdint>
#include <cstring>
#include <math.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define ATTUNE_INLINE static inline __attribute__((always_inline))

namespace attune::core::kernels::ATTUNE_ISA {

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX2__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif
constexpr int W = kBytes / 4; // lanes

typedef float Vf __attribute__((vector_size(kBytes)));
typedef int32_t Vi __attribute__((vector_size(kBytes)));
typedef uint32_t Vu __attribute__((vector_size(kBytes)));
typedef uint16_t Vh __attribute__((vector_size(kBytes / 2)));

ATTUNE_INLINE Vf splat(float x) { return x - Vf{}; }
ATTUNE_INLINE Vu splat(uint32_t x) { return x - Vu{}; }
ATTUNE_INLINE Vf asFloat(Vu v) { return (Vf)v; }
ATTUNE_INLINE Vu asBits(Vf v) { return (Vu)v; }
ATTUNE_INLINE Vf select(Vi mask, Vf yes, Vf no) { return mask ? yes : no; }
ATTUNE_INLINE Vf maxOf(Vf a, Vf b) { return a > b ? a : b; }
ATTUNE_INLINE Vf minOf(Vf a, Vf b) { return a < b ? a : b; }

ATTUNE_INLINE Vf load(const float *p) {
  Vf v;
  memcpy(&v, p, sizeof v);
  return v;
}

ATTUNE_INLINE void store(float *p, Vf v) { memcpy(p, &v, sizeof v); }

#if defined(__AVX512F__) // where the compiler's own widening and narrowing go by halves, through the shuffle port
ATTUNE_INLINE Vu widen(Vh h) { return (Vu)_mm512_cvtepu16_epi32((__m256i)h); }
ATTUNE_INLINE Vh narrow(Vu v) { return (Vh)_mm512_cvtepi32_epi16((__m512i)v); }
#else
ATTUNE_INLINE Vu widen(Vh h) { return __builtin_convertvector(h, Vu); }
ATTUNE_INLINE Vh narrow(Vu v) { return __builtin_convertvector(v, Vh); }
#endif

ATTUNE_INLINE Vf load(const Bf16 *p) {
  Vh h;
  memcpy(&h, p, sizeof h);
  return asFloat(widen(h) << 16);
}

ATTUNE_INLINE Vf load(const Half *p) {
  Vh h;
  memcpy(&h, p, sizeof h);
  const Vu bits = widen(h), size = (bits & 0x7fffu) << 13;
  const Vf small = asFloat(size + (113u << 23)) - 0x1p-14f; // below 2^-14: a fraction without a leading one
  const Vu large = size + (size >= (31u << 23) ? splat(uint32_t{224} << 23) : splat(uint32_t{112} << 23));
  return asFloat((size < (1u << 23) ? asBits(small) : large) | (bits & 0x8000u) << 16);
}

/// 2 W elements as two vectors: the lower and the upper half, or of 16-bit ones the even and the odd columns, which come
/// apart without a shuffle.
ATTUNE_INLINE void loadTwo(const float *p, Vf &first, Vf &second) {
  first = load(p);
  second = load(p + W);
}
ATTUNE_INLINE void loadTwo(const Bf16 *p, Vf &even, Vf &odd) {
  Vu pair;
  memcpy(&pair, p, sizeof pair);
  even = asFloat(pair << 16);
  odd = asFloat(pair & 0xffff0000u);
}

/// Round to nearest even; NaN stays NaN.
ATTUNE_INLINE void store(Bf16 *p, Vf v) {
  const Vu bits = asBits(v);
  const Vu rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const Vu result = v == v ? rounded : splat(uint32_t{0x7fc0});
  const Vh h = narrow(result);
  memcpy(p, &h, sizeof h);
}

ATTUNE_INLINE float toScalar(float x) { return x; }
ATTUNE_INLINE float toScalar(Bf16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}
ATTUNE_INLINE void fromScalar(float x, float *p) { *p = x; }
ATTUNE_INLINE void fromScalar(float x, Bf16 *p) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  p->bits = x == x ? static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16) : uint16_t{0x7fc0};
}

/// The first n lanes, zeros after them.
template <class S> ATTUNE_INLINE Vf load(const S *p, int64_t n) {
  if (__builtin_expect(n >= W, 1)) return load(p);
  S lanes[W] = {};
  for (int i = 0; i < W - 1; ++i) {
    if (i < n) lanes[i] = p[i];
  }
  return load(lanes);
}

template <class S> ATTUNE_INLINE void store(S *p, Vf v, int64_t n) {
  if (__builtin_expect(n >= W, 1)) {
    store(p, v);
    return;
  }
  S lanes[W];
  store(lanes, v);
  for (int i = 0; i < W - 1; ++i) {
    if (i < n) p[i] = lanes[i];
  }
}

/// What a value becomes by being stored as S.
ATTUNE_INLINE Vf rounded(Vf v, const float *) { return v; }
ATTUNE_INLINE Vf rounded(Vf v, const Bf16 *) {
  Bf16 lanes[W];
  store(lanes, v);
  return load(lanes);
}

ATTUNE_INLINE float sum(Vf v) {
  float lanes[W];
  store(lanes, v);
  for (int step = W / 2; step > 0; step /= 2) {
    for (int i = 0; i < step; ++i) lanes[i] += lanes[i + step];
  }
  return lanes[0];
}

ATTUNE_INLINE float maximum(Vf v) {
  float lanes[W];
  store(lanes, v);
  float best = lanes[0];
  for (int i = 1; i < W; ++i) best = lanes[i] > best ? lanes[i] : best;
  return best;
}

ATTUNE_INLINE Vi lanesBelow(int64_t n) {
  Vi index;
  for (int i = 0; i < W; ++i) index[i] = i;
  return index < static_cast<int32_t>(n);
}

/// e^x to one unit in the last place; 0 below -87.3, infinity not reached (clamped at e^88.7).
ATTUNE_INLINE Vf expOf(Vf x) {
  const Vi tiny = x < -87.33654f;
  x = x > 88.72f ? splat(88.72f) : x;
  const Vf shifted = x * 1.44269504088896341f + 12582912.0f; // 1.5 * 2^23: the integer sits in the low bits
  const Vf n = shifted - 12582912.0f;
  Vf r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  Vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // 2^n by the exponent bits, n in [-126, 128]: split so that 128 does not overflow into the sign.
  const Vu bits = asBits(shifted) << 23;
  const Vf half = asFloat(bits + (127u << 23) - (1u << 23));
  const Vf result = p * half * 2.0f;
  return select(tiny, Vf{}, result);
}

/// tanh with small relative error near zero too.
ATTUNE_INLINE Vf tanhOf(Vf x) {
  const Vf size = asFloat(asBits(x) & 0x7fffffffu);
  const Vf e = expOf(minOf(size, splat(20.0f)) * 2.0f);
  const Vf far = 1.0f - 2.0f / (e + 1.0f);
  const Vf z = x * x;
  Vf p = splat(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const Vf near = x + x * z * p;
  const Vf signedFar = asFloat(asBits(far) | (asBits(x) & 0x80000000u));
  const Vf result = select(size < 0.625f, near, signedFar);
  return select(x == x, result, x);
}

ATTUNE_INLINE Vf erfOf(Vf x) {
  float lanes[W];
  store(lanes, x);
  for (int i = 0; i < W; ++i) lanes[i] = ::erff(lanes[i]);
  return load(lanes);
}

ATTUNE_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
ATTUNE_INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

} // namespace attune::core::kernels::ATTUNE_ISA
