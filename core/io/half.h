// Exact conversions of the 16-bit float formats, written so that the compiler vectorises loops over them.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <cstring>

namespace attune::io {

inline float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// IEEE half to float: subnormals, infinities and NaN included.
inline float halfToFloat(uint16_t half) {
  const uint32_t magnitude = (half & 0x7fffu) << 13;
  // A half read as a float with too small an exponent; the multiplication moves the bias and normalises subnormals exactly.
  const float scaled = bitsToFloat(magnitude) * 0x1p112f;
  uint32_t bits;
  std::memcpy(&bits, &scaled, sizeof bits);
  const uint32_t special = magnitude >= 0x0f800000u ? 0x7f800000u : 0u;
  return bitsToFloat(((special ? magnitude : bits) | special) | ((half & 0x8000u) << 16));
}

inline float bfloatToFloat(uint16_t half) { return bitsToFloat(static_cast<uint32_t>(half) << 16); }

} // namespace attune::io
