// SHA-256 (FIPS 180-4), incremental, for the hashes of models and datasets kept in a run's record.
// Value type, one thread per object; no failure.
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <string>
#include <string_view>

namespace attune {

class Sha256 {
public:
  void update(ByteView bytes);
  void update(std::string_view text) { update({reinterpret_cast<const uint8_t *>(text.data()), text.size()}); }
  /// The digest as 64 lower-case hex digits; the object is used up afterwards.
  std::string hex();

private:
  void block(const uint8_t *bytes);
  std::array<uint32_t, 8> m_state = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                                     0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
  std::array<uint8_t, 64> m_buffer{};
  size_t m_buffered = 0;
  uint64_t m_length = 0; // bytes
};

std::string sha256Hex(std::string_view text);

} // namespace attune
