#include "core/io/gguf_dequant.h"

#include "core/io/half.h"
#include "core/io/safetensors.h"

namespace attune::io {

namespace {

uint16_t load16(const uint8_t *data) {
  uint16_t value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

float loadHalf(const uint8_t *data) { return halfToFloat(load16(data)); }

// The 32-element types: a scale (and for the _1 types a minimum), optionally the fifth bits, then the nibbles.
// Element j is the low nibble of byte j, element j + 16 its high nibble.

void decodeQ4_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  const uint8_t *qs = block + 2;
  for (int j = 0; j < 16; ++j) out[j] = d * static_cast<float>(static_cast<int>(qs[j] & 15) - 8);
  for (int j = 0; j < 16; ++j) out[j + 16] = d * static_cast<float>(static_cast<int>(qs[j] >> 4) - 8);
}

void decodeQ4_1(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  const uint8_t *qs = block + 4;
  for (int j = 0; j < 16; ++j) out[j] = d * static_cast<float>(static_cast<int>(qs[j] & 15)) + m;
  for (int j = 0; j < 16; ++j) out[j + 16] = d * static_cast<float>(static_cast<int>(qs[j] >> 4)) + m;
}

int fifthBit(uint32_t bits, int j) { return static_cast<int>((bits >> j) & 1u) << 4; }

void decodeQ5_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  uint32_t high;
  std::memcpy(&high, block + 2, sizeof high);
  const uint8_t *qs = block + 6;
  for (int j = 0; j < 16; ++j) out[j] = d * static_cast<float>(((qs[j] & 15) | fifthBit(high, j)) - 16);
  for (int j = 0; j < 16; ++j) out[j + 16] = d * static_cast<float>(((qs[j] >> 4) | fifthBit(high, j + 16)) - 16);
}

void decodeQ5_1(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  uint32_t high;
  std::memcpy(&high, block + 4, sizeof high);
  const uint8_t *qs = block + 8;
  for (int j = 0; j < 16; ++j) out[j] = d * static_cast<float>((qs[j] & 15) | fifthBit(high, j)) + m;
  for (int j = 0; j < 16; ++j) out[j + 16] = d * static_cast<float>((qs[j] >> 4) | fifthBit(high, j + 16)) + m;
}

void decodeQ8_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  for (int j = 0; j < 32; ++j) out[j] = static_cast<float>(static_cast<int8_t>(block[2 + j])) * d;
}

// The 256-element types: eight groups of 32 (Q6_K: sixteen of 16) with small integer scales under one or two halves.

struct GroupScales {
  float scale[8];
  float minimum[8];
};

/// Q4_K and Q5_K: 6-bit scales and minimums packed into 12 bytes after the two halves.
GroupScales decodeScales(const uint8_t *block) {
  const float d = loadHalf(block), dmin = loadHalf(block + 2);
  const uint8_t *s = block + 4;
  GroupScales groups;
  for (int j = 0; j < 4; ++j) {
    groups.scale[j] = d * static_cast<float>(s[j] & 63);
    groups.minimum[j] = dmin * static_cast<float>(s[j + 4] & 63);
    groups.scale[j + 4] = d * static_cast<float>((s[j + 8] & 15) | ((s[j] >> 6) << 4));
    groups.minimum[j + 4] = dmin * static_cast<float>((s[j + 8] >> 4) | ((s[j + 4] >> 6) << 4));
  }
  return groups;
}

void decodeQ4_K(const uint8_t *block, float *out) {
  const GroupScales g = decodeScales(block);
  const uint8_t *qs = block + 16;
  for (int pair = 0; pair < 4; ++pair, qs += 32, out += 64) {
    const float d0 = g.scale[2 * pair], m0 = g.minimum[2 * pair];
    const float d1 = g.scale[2 * pair + 1], m1 = g.minimum[2 * pair + 1];
    for (int l = 0; l < 32; ++l) out[l] = d0 * static_cast<float>(qs[l] & 15) - m0;
    for (int l = 0; l < 32; ++l) out[l + 32] = d1 * static_cast<float>(qs[l] >> 4) - m1;
  }
}

void decodeQ5_K(const uint8_t *block, float *out) {
  const GroupScales g = decodeScales(block);
  const uint8_t *high = block + 16;
  const uint8_t *qs = block + 48;
  for (int pair = 0; pair < 4; ++pair, qs += 32, out += 64) {
    const float d0 = g.scale[2 * pair], m0 = g.minimum[2 * pair];
    const float d1 = g.scale[2 * pair + 1], m1 = g.minimum[2 * pair + 1];
    for (int l = 0; l < 32; ++l) {
      out[l] = d0 * static_cast<float>((qs[l] & 15) | (((high[l] >> (2 * pair)) & 1) << 4)) - m0;
    }
    for (int l = 0; l < 32; ++l) {
      out[l + 32] = d1 * static_cast<float>((qs[l] >> 4) | (((high[l] >> (2 * pair + 1)) & 1) << 4)) - m1;
    }
  }
}

void decodeQ6_K(const uint8_t *block, float *out) {
  const uint8_t *low = block;
  const uint8_t *high = block + 128;
  const uint8_t *scales = block + 192;
  const float d = loadHalf(block + 208);
  for (int half = 0; half < 2; ++half, low += 64, high += 32, scales += 8, out += 128) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      const uint8_t *nibbles = low + 32 * (quarter & 1);
      const int lowShift = quarter < 2 ? 0 : 4;
      for (int group = 0; group < 2; ++group) {
        const float scale = d * static_cast<float>(static_cast<int8_t>(scales[2 * quarter + group]));
        for (int l = 16 * group; l < 16 * group + 16; ++l) {
          const int q = ((nibbles[l] >> lowShift) & 15) | (((high[l] >> (2 * quarter)) & 3) << 4);
          out[32 * quarter + l] = scale * static_cast<float>(q - 32);
        }
      }
    }
  }
}

template <int kElements, int kBytes, typename Decode> void decodeBlocks(const uint8_t *data, uint64_t elements, float *out, Decode decode) {
  for (uint64_t i = 0; i < elements / kElements; ++i) decode(data + i * kBytes, out + i * kElements);
}

} // namespace

std::optional<DType> dtypeOfGgml(uint32_t ggmlType) {
  switch (ggmlType) {
  case 0: return DType::F32;
  case 1: return DType::F16;
  case 2: return DType::Q4_0;
  case 3: return DType::Q4_1;
  case 6: return DType::Q5_0;
  case 7: return DType::Q5_1;
  case 8: return DType::Q8_0;
  case 12: return DType::Q4_K;
  case 13: return DType::Q5_K;
  case 14: return DType::Q6_K;
  case 28: return DType::F64;
  case 30: return DType::BF16;
  default: return std::nullopt;
  }
}

void dequantize(DType type, const uint8_t *data, uint64_t elements, float *out) {
  switch (type) {
  case DType::Q4_0: return decodeBlocks<32, 18>(data, elements, out, decodeQ4_0);
  case DType::Q4_1: return decodeBlocks<32, 20>(data, elements, out, decodeQ4_1);
  case DType::Q5_0: return decodeBlocks<32, 22>(data, elements, out, decodeQ5_0);
  case DType::Q5_1: return decodeBlocks<32, 24>(data, elements, out, decodeQ5_1);
  case DType::Q8_0: return decodeBlocks<32, 34>(data, elements, out, decodeQ8_0);
  case DType::Q4_K: return decodeBlocks<256, 144>(data, elements, out, decodeQ4_K);
  case DType::Q5_K: return decodeBlocks<256, 176>(data, elements, out, decodeQ5_K);
  case DType::Q6_K: return decodeBlocks<256, 210>(data, elements, out, decodeQ6_K);
  default: convertToFloat(type, data, elements, out);
  }
}

} // namespace attune::io
