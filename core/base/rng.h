// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011): value k of stream s under seed x is a
// pure function of (x, s, k), so data order and dropout can be resumed or replayed from two integers.
// Value type, no shared state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace attune {

class CounterRng {
public:
  CounterRng(uint64_t seed, uint64_t stream) : m_seed(seed), m_stream(stream) {}

  /// Four 32-bit words for `counter`.
  std::array<uint32_t, 4> block(uint64_t counter) const;

  /// The next 64 random bits; advances the position by one.
  uint64_t next();
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  /// Uniform in [0, bound) without modulo bias; bound > 0.
  uint64_t below(uint64_t bound);

  uint64_t position() const { return m_position; }
  void seek(uint64_t position) { m_position = position; }

private:
  uint64_t m_seed;
  uint64_t m_stream;
  uint64_t m_position = 0;
};

/// A random permutation of 0..n-1 (Fisher-Yates), a function of seed and stream alone.
std::vector<int64_t> permutation(int64_t n, uint64_t seed, uint64_t stream);

} // namespace attune
