#include "core/base/rng.h"

#include <numeric>
#include <utility>

namespace attune {

std::array<uint32_t, 4> CounterRng::block(uint64_t counter) const {
  std::array<uint32_t, 4> c = {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), static_cast<uint32_t>(m_stream),
                               static_cast<uint32_t>(m_stream >> 32)};
  auto k0 = static_cast<uint32_t>(m_seed);
  auto k1 = static_cast<uint32_t>(m_seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t(0xD2511F53u) * c[0];
    const uint64_t p1 = uint64_t(0xCD9E8D57u) * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1), static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1,
         static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

uint64_t CounterRng::next() {
  const auto words = block(m_position++);
  return (uint64_t(words[1]) << 32) | words[0];
}

double CounterRng::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

uint64_t CounterRng::below(uint64_t bound) {
  const uint64_t threshold = (0 - bound) % bound; // values under it would be over-represented
  for (;;) {
    const uint64_t value = next();
    if (value >= threshold) return value % bound;
  }
}

std::vector<int64_t> permutation(int64_t n, uint64_t seed, uint64_t stream) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t(0));
  CounterRng rng(seed, stream);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

} // namespace attune
