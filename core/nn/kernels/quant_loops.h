// Quantised weights: to codes and back. Decoding must give the products of bitsandbytes to the bit, so nothing here is an
// addition that could be contracted with a product.
#pragma once

#include "core/base/nf4_code.h"
#include "core/nn/kernels/simd.h"

namespace attune::core::kernels::ATTUNE_ISA {

typedef uint8_t Vb __attribute__((vector_size(W)));

constexpr float kInt8Unit = 7.874015718698502e-3F; // 1/127, as bitsandbytes rounds it

/// Largest magnitude of `count` values; a negative answer says that one of them is no number or infinite.
ATTUNE_INLINE float magnitude(const float *w, int64_t count) {
  Vf most{};
  Vi bad{};
  for (int64_t i = 0; i < count; i += W) {
    const Vf v = load(w + i, count - i), size = asFloat(asBits(v) & 0x7fffffffu);
    bad |= ~(size <= 3.402823466e38f);
    most = maxOf(most, size);
  }
  for (int i = 0; i < W; ++i)
    if (bad[i]) return -1.0f;
  return maximum(most);
}

/// Codes of a block's values over its scale: how many of the borders between codes lie below.
ATTUNE_INLINE void nf4Codes(const float *w, int64_t count, float factor, bool divides, uint8_t *codes) {
  for (int64_t i = 0; i < count; i += W) {
    Vf v = load(w + i, count - i);
    v = divides ? v / factor : v * factor;
    Vi index{};
    for (int border = 0; border < 15; ++border) index -= v > (kNf4Code[border] + kNf4Code[border + 1]) / 2;
    const Vb bytes = __builtin_convertvector(index, Vb);
    memcpy(codes + i, &bytes, sizeof bytes);
  }
}

/// Whole blocks, but for the last one of a matrix, which bitsandbytes treats a little differently.
inline bool nf4Encode(const float *w, int64_t count, uint8_t *packed, float *scales) {
  uint8_t codes[kNf4Block + W];
  for (int64_t begin = 0; begin < count; begin += kNf4Block) {
    const int64_t size = least(kNf4Block, count - begin);
    const bool last = size < kNf4Block;
    float scale = magnitude(w + begin, size);
    if (scale < 0) return false;
    const float safe = scale < kNf4Least ? kNf4Least : scale;
    *scales++ = last ? safe : scale;
    nf4Codes(w + begin, size, last ? safe : 1.0f / safe, last, codes);
    if (size % 2) codes[size] = 7; // the code of the zero that fills the last byte
    for (int64_t i = 0; i < size; i += 2) *packed++ = static_cast<uint8_t>(codes[i] << 4 | codes[i + 1]);
  }
  return true;
}

inline bool int8Encode(const float *w, int64_t count, int8_t *codes, float *scale) {
  *scale = magnitude(w, count);
  if (*scale < 0) return false;
  const float factor = *scale > 0 ? 1.0f / *scale * 127.0f : 0.0f; // two roundings, as in torch's 127.0 / tensor
  for (int64_t i = 0; i < count; ++i) {
    const float size = __builtin_rintf(w[i] * factor);
    codes[i] = static_cast<int8_t>(size >= 127.0f ? 127.0f : size >= -127.0f ? size : size == size ? -127.0f : 0.0f);
  }
  return true;
}

#if defined(__AVX2__)
/// Sixteen codes of eight bytes, one a byte, in order.
ATTUNE_INLINE __m128i nf4Spread(const uint8_t *packed) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(packed)), low = _mm_set1_epi8(15);
  return _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), low), _mm_and_si128(bytes, low));
}
#endif

/// Sixteen weights of eight bytes.
template <class S> ATTUNE_INLINE void nf4Sixteen(const uint8_t *packed, float scale, S *out) {
#if defined(__AVX512F__)
  const __m512i index = _mm512_cvtepu8_epi32(nf4Spread(packed));
  store(out, (Vf)_mm512_permutexvar_ps(index, _mm512_loadu_ps(kNf4Code)) * scale);
#elif defined(__AVX2__)
  const __m128i codes = nf4Spread(packed);
  const __m256 below = _mm256_loadu_ps(kNf4Code), above = _mm256_loadu_ps(kNf4Code + 8);
  for (int half = 0; half < 2; ++half) {
    const __m256i index = _mm256_cvtepu8_epi32(half ? _mm_srli_si128(codes, 8) : codes);
    const __m256 upper = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)); // bit 3 chooses the half of the table
    const __m256 value = _mm256_blendv_ps(_mm256_permutevar8x32_ps(below, index), _mm256_permutevar8x32_ps(above, index), upper);
    store(out + half * W, (Vf)value * scale);
  }
#else
  for (int i = 0; i < 8; ++i) {
    fromScalar(kNf4Code[packed[i] >> 4] * scale, out + 2 * i);
    fromScalar(kNf4Code[packed[i] & 15] * scale, out + 2 * i + 1);
  }
#endif
}

template <class S> void nf4Decode(const uint8_t *packed, const float *scales, int64_t block, int64_t first, int64_t count, S *out) {
  const int64_t firstBlock = first / block;
  for (int64_t i = first, end = first + count; i < end;) {
    const int64_t place = i / block, stop = least(end, (place + 1) * block);
    const float scale = scales[place - firstBlock];
    const auto one = [&] {
      const uint8_t pair = packed[i / 2];
      fromScalar(kNf4Code[i % 2 ? pair & 15 : pair >> 4] * scale, out++);
      ++i;
    };
    if (i % 2) one();
    for (; i + 16 <= stop; i += 16, out += 16) nf4Sixteen(packed + i / 2, scale, out);
    while (i < stop) one();
  }
}

ATTUNE_INLINE Vf load(const int8_t *p) {
#if defined(__AVX512F__)
  return (Vf)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p))));
#elif defined(__AVX2__)
  return (Vf)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
#else
  Vf v;
  for (int i = 0; i < W; ++i) v[i] = p[i];
  return v;
#endif
}

template <class S> void int8Decode(const int8_t *codes, float scale, int64_t count, S *out) {
  int64_t i = 0;
  for (; i + W <= count; i += W) store(out + i, load(codes + i) * scale * kInt8Unit);
  for (; i < count; ++i) fromScalar(static_cast<float>(codes[i]) * scale * kInt8Unit, out + i);
}

} // namespace attune::core::kernels::ATTUNE_ISA
