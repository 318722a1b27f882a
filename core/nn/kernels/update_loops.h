// Updates of trained tensors on the host: 8-bit moments to codes and back, AdamW's and Adafactor's arithmetic, rounding by chance,
// squares for norms. Part of the kernel files.
#pragma once

#include "core/nn/kernels/simd.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::core::kernels::ATTUNE_ISA {

constexpr int Q = kBytes / 8; // 64-bit lanes
typedef uint64_t Vq __attribute__((vector_size(kBytes)));
typedef double Vd __attribute__((vector_size(kBytes)));
typedef float Vfh __attribute__((vector_size(kBytes / 2)));
typedef uint8_t VbW __attribute__((vector_size(W)));

/// a b + c in one rounding where the processor has that, as libtorch's operators.
ATTUNE_INLINE Vf joined(Vf a, Vf b, Vf c) {
#if defined(__AVX512F__)
  return (Vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__)
  return (Vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

/// Keeps the compiler from joining this product with a later sum.
ATTUNE_INLINE Vf apart(Vf v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__AVX2__)
  asm("" : "+x"(v));
#endif
  return v;
}

ATTUNE_INLINE Vf rootOf(Vf v) {
#if defined(__AVX512F__)
  return (Vf)_mm512_sqrt_ps((__m512)v);
#elif defined(__AVX2__)
  return (Vf)_mm256_sqrt_ps((__m256)v);
#elif defined(__SSE2__)
  return (Vf)_mm_sqrt_ps((__m128)v);
#else
  for (int i = 0; i < W; ++i) v[i] = ::sqrtf(v[i]);
  return v;
#endif
}

ATTUNE_INLINE Vu lookUp(const uint32_t *table, Vi index) {
#if defined(__AVX512F__)
  return (Vu)_mm512_i32gather_epi32((__m512i)index, table, 4);
#elif defined(__AVX2__)
  return (Vu)_mm256_i32gather_epi32(reinterpret_cast<const int *>(table), (__m256i)index, 4);
#else
  Vu v;
  for (int i = 0; i < W; ++i) v[i] = table[index[i]];
  return v;
#endif
}

ATTUNE_INLINE Vi loadCodes(const uint8_t *p) {
#if defined(__AVX512F__)
  return (Vi)_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
#elif defined(__AVX2__)
  return (Vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p)));
#else
  Vi v;
  for (int i = 0; i < W; ++i) v[i] = p[i];
  return v;
#endif
}

ATTUNE_INLINE void storeCodes(uint8_t *p, Vu v, int64_t n) {
#if defined(__AVX512F__)
  const __m128i bytes = _mm512_cvtepi32_epi8((__m512i)v);
#else
  const VbW bytes = __builtin_convertvector(v, VbW);
#endif
  if (__builtin_expect(n >= W, 1))
    memcpy(p, &bytes, W);
  else
    memcpy(p, &bytes, static_cast<size_t>(n));
}

inline void decodeMoment(const uint8_t *codes, float scale, const MomentMap &map, float *values, int64_t count) {
  int64_t i = 0;
  for (; i + W <= count; i += W) store(values + i, asFloat(lookUp(map.values, loadCodes(codes + i))) * scale);
  for (; i < count; ++i) {
    float value;
    memcpy(&value, &map.values[codes[i]], sizeof value);
    values[i] = value * scale;
  }
}

inline void encodeMoment(const float *values, int64_t count, const MomentMap &map, uint8_t *codes, float *scale) {
  Vf most{};
  Vi bad{};
  for (int64_t i = 0; i < count; i += W) {
    const Vf v = load(values + i, count - i);
    bad |= v != v;
    most = maxOf(asFloat(asBits(v) & 0x7fffffffu), most);
  }
  *scale = maximum(most);
  for (int i = 0; i < W; ++i)
    if (bad[i]) *scale = NAN;
  const float divisor = *scale < 1e-38f ? 1e-38f : *scale;
  for (int64_t i = 0; i < count; i += W) {
    const Vf unit = load(values + i, count - i) / divisor;
    const Vu bits = asBits(unit) & 0x7fffffffu;
    Vi cell = (Vi)(bits >> 16);
    cell = cell < MomentMap::kFirstCell ? MomentMap::kFirstCell - Vi{} : cell;
    cell = cell > MomentMap::kLastCell ? MomentMap::kLastCell - Vi{} : cell;
    cell += ((unit < 0.0f) & MomentMap::kCells) - MomentMap::kFirstCell;
    const Vu entry = lookUp(map.cells, cell);
    const Vi isAbove = (Vi)(bits & 0xffffu) > (Vi)(entry >> 16);
    storeCodes(codes + i, (isAbove ? entry >> 8 : entry) & 0xffu, count - i);
  }
}

inline void adamW(float *weights, const float *gradient, float *mean, float *square, int64_t count, const AdamWTerms &by) {
  for (int64_t i = 0; i < count; i += W) {
    const int64_t n = count - i;
    const Vf g = load(gradient + i, n);
    const Vf m = joined(g, splat(by.toMean), load(mean + i, n) * by.keepMean);
    const Vf s = joined(g * by.toSquare, g, load(square + i, n) * by.keepSquare);
    const Vf denominator = rootOf(s) / by.rootCorrection + by.eps;
    store(weights + i, apart(load(weights + i, n) * by.shrink) + m * by.step / denominator, n);
    store(mean + i, m, n);
    store(square + i, s, n);
  }
}

inline float addSquares(const float *gradient, float least, float *columns, int64_t count) {
  Vf total{};
  for (int64_t i = 0; i < count; i += W) {
    const int64_t n = count - i;
    const Vf g = load(gradient + i, n), squares = g * g + least;
    store(columns + i, load(columns + i, n) + squares, n);
    total += n < W ? select(lanesBelow(n), squares, Vf{}) : squares;
  }
  return sum(total);
}

inline void factored(float *weights, const float *gradient, const float *byColumn, int64_t count, const FactoredTerms &by) {
  for (int64_t i = 0; i < count; i += W) {
    const int64_t n = count - i;
    const Vf change = load(gradient + i, n) * load(byColumn + i, n) * by.row;
    store(weights + i, joined(change, splat(-by.rate), load(weights + i, n) * by.shrink), n);
  }
}

/// Adds the squares of v to two sums in fp64.
ATTUNE_INLINE void addSquares(Vf v, Vd &first, Vd &second) {
  Vfh halves[2];
  memcpy(halves, &v, sizeof v);
  const Vd a = __builtin_convertvector(halves[0], Vd), b = __builtin_convertvector(halves[1], Vd);
  first += a * a;
  second += b * b;
}

ATTUNE_INLINE double sum(Vd v) {
  double total = 0.0;
  for (int i = 0; i < Q; ++i) total += v[i];
  return total;
}

template <class S> double sumOfSquares(const S *in, int64_t count) {
  Vd first{}, second{};
  for (int64_t i = 0; i < count; i += W) addSquares(load(in + i, count - i), first, second);
  return sum(first + second);
}

inline double sumOfScaledSquares(const float *gradient, const float *byColumn, int64_t count) {
  Vd first{}, second{};
  for (int64_t i = 0; i < count; i += W) addSquares(load(gradient + i, count - i) * load(byColumn + i, count - i), first, second);
  return sum(first + second);
}

template <class S> void read(const S *in, float factor, float *out, int64_t count) {
  for (int64_t i = 0; i < count; i += W) store(out + i, load(in + i, count - i) * factor, count - i);
}

/// The 64-bit products of the lanes' lower halves.
ATTUNE_INLINE Vq productOf(Vq a, uint32_t b) {
#if defined(__AVX512F__)
  return (Vq)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
  return (Vq)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__SSE2__)
  return (Vq)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
  return (a & 0xffffffffu) * b;
#endif
}

/// Philox4x32-10 (core/base/rng.h) of Q counters from `first` on: word k of counter first + i is words[4 i + k]. Upper halves of the
/// lanes hold what nobody reads.
ATTUNE_INLINE void randomWords(uint64_t first, uint64_t seed, uint64_t stream, uint32_t *words) {
  Vq counter;
  for (int i = 0; i < Q; ++i) counter[i] = first + static_cast<uint64_t>(i / 2 + i % 2 * (Q / 2)); // in the order of the last shuffle
  Vq c0 = counter, c1 = counter >> 32, c2 = stream - Vq{}, c3 = (stream >> 32) - Vq{};
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const Vq p0 = productOf(c0, 0xD2511F53u), p1 = productOf(c2, 0xCD9E8D57u);
    c0 = (p1 >> 32) ^ c1 ^ uint64_t { k0 };
    c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ uint64_t { k1 };
    c3 = p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const Vq low = (c0 & 0xffffffffu) | c1 << 32, high = (c2 & 0xffffffffu) | c3 << 32;
#if defined(__AVX512F__)
  _mm512_storeu_si512(words, _mm512_unpacklo_epi64((__m512i)low, (__m512i)high));
  _mm512_storeu_si512(words + W, _mm512_unpackhi_epi64((__m512i)low, (__m512i)high));
#elif defined(__AVX2__)
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(words), _mm256_unpacklo_epi64((__m256i)low, (__m256i)high));
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(words + W), _mm256_unpackhi_epi64((__m256i)low, (__m256i)high));
#else
  for (int i = 0; i < Q; ++i) {
    const uint64_t pair[2] = {low[i], high[i]};
    memcpy(words + 4 * (i / 2 + i % 2 * (Q / 2)), pair, sizeof pair);
  }
#endif
}

/// Adds 16 random bits below the last one that stays, and cuts them off.
ATTUNE_INLINE Vu byChance(Vf value, Vu chance, const Bf16 *) {
  const Vu bits = asBits(value), special = bits | ((bits & 0x007fffffu) != 0 ? splat(0x00400000u) : Vu{});
  return ((bits & 0x7f800000u) != 0x7f800000u ? bits + chance : special) >> 16;
}

/// In steps of fp16 at this size: ten bits below the leading one, and 2^-24 from 2^-14 down.
ATTUNE_INLINE Vu byChance(Vf value, Vu chance, const Half *) {
  const Vu bits = asBits(value);
  Vi exponent = (Vi)(bits >> 23 & 0xffu);
  exponent = exponent < 113 ? 113 - Vi{} : exponent;
  const Vf step = asFloat((Vu)(exponent - 10) << 23), inverse = asFloat((Vu)(264 - exponent) << 23); // powers of two: all exact
  const Vf x = value * inverse + __builtin_convertvector((Vi)chance, Vf) * 0x1p-16f;
  const Vf cut = __builtin_convertvector(__builtin_convertvector(x, Vi), Vf); // towards zero
  const Vf result = (cut > x ? cut - 1.0f : cut) * step;
  const Vu sign = asBits(result) >> 16 & 0x8000u, size = asBits(result) & 0x7fffffffu;
  const Vu normal = (size - (112u << 23)) >> 13, small = (Vu) __builtin_convertvector(asFloat(size) * 0x1p24f, Vi);
  Vu half = size < (113u << 23) ? small : normal;
  half = size >= (143u << 23) ? splat(0x7c00u) : half;
  const Vu special = (bits & 0x007fffffu) != 0 ? splat(0x7e00u) : splat(0x7c00u);
  return (bits & 0x7f800000u) != 0x7f800000u ? half | sign : special | (bits >> 16 & 0x8000u);
}

template <class S> void roundByChance(const float *in, S *out, int64_t count, int64_t first, uint64_t seed, uint64_t stream) {
  uint32_t words[2 * W + W] = {}; // 8 Q chances, and room to read on
  for (int64_t done = 0; done < count;) {
    const int64_t place = first + done, skipped = place % 8, n = least(count - done, 8 * Q - skipped);
    randomWords(static_cast<uint64_t>(place / 8), seed, stream, words);
    for (int64_t i = 0; i < n; i += W) {
      Vh chance;
      memcpy(&chance, reinterpret_cast<const char *>(words) + 2 * (skipped + i), sizeof chance);
      const Vh rounded = narrow(byChance(load(in + done + i, n - i), widen(chance), out));
      memcpy(out + done + i, &rounded, 2 * static_cast<size_t>(least(n - i, W)));
    }
    done += n;
  }
}

/// fp32 holds every value.
inline void roundByChance(const float *in, float *out, int64_t count, int64_t, uint64_t, uint64_t) {
  memcpy(out, in, static_cast<size_t>(count) * sizeof(float));
}

} // namespace attune::core::kernels::ATTUNE_ISA
