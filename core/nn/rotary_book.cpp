#include "core/nn/rotary_book.h"

#include <algorithm>

namespace attune::core {

const RotaryTables &RotaryBook::tables(int64_t positions, const at::Device &device, int64_t variant) {
  if (!m_tables.cos.defined() || m_tables.cos.size(0) < positions || m_tables.cos.device() != device || m_variant != variant) {
    int64_t size = variant == 0 ? 512 : positions;
    while (size < positions) size *= 2;
    m_tables = rotaryTables(m_rope, m_headDim, size, device, variant);
    m_variant = variant;
  }
  return m_tables;
}

RotaryTurn RotaryBook::segments(const std::vector<int64_t> &starts, const std::vector<int64_t> &positions, const Tensor &positionTensor,
                                int64_t length) {
  const at::Device device = positionTensor.device();
  const auto last = std::max_element(positions.begin(), positions.end());
  const int64_t most = last == positions.end() ? 1 : *last + 1;
  if (length > 0) return {tables(most, device, rotaryVariant(m_rope, length)), positionTensor};
  const auto longest = [&](size_t s) { // a sequence's length by its last position
    return starts[s + 1] > starts[s] ? positions[static_cast<size_t>(starts[s + 1] - 1)] + 1 : 0;
  };
  int64_t variant = -1;
  bool same = true;
  for (size_t s = 0; s + 1 < starts.size(); ++s) {
    if (starts[s + 1] == starts[s]) continue;
    const int64_t own = rotaryVariant(m_rope, longest(s));
    same = same && (variant < 0 || own == variant);
    variant = own;
  }
  if (same) return {tables(most, device, std::max<int64_t>(0, variant)), positionTensor};

  std::vector<Tensor> cos, sin; // one row a token
  for (size_t s = 0; s + 1 < starts.size(); ++s) {
    const int64_t count = starts[s + 1] - starts[s];
    if (count == 0) continue;
    const RotaryTables own = rotaryTables(m_rope, m_headDim, longest(s), device, rotaryVariant(m_rope, longest(s)));
    const Tensor rows = positionTensor.narrow(0, starts[s], count);
    cos.push_back(own.cos.index_select(0, rows));
    sin.push_back(own.sin.index_select(0, rows));
  }
  return {{at::cat(cos, 0), at::cat(sin, 0)}, at::arange(positionTensor.size(0), positionTensor.options())};
}

RotaryTurn RotaryBook::range(int64_t first, int64_t count, int64_t length, int64_t capacity, const at::Device &device) {
  const int64_t variant = rotaryVariant(m_rope, length);
  const bool changes = m_rope.scaling == "dynamic" && variant != 0; // with every token
  const RotaryTables &kept = tables(changes ? first + count : std::max(capacity, first + count), device, variant);
  return {kept, at::arange(first, first + count, at::TensorOptions().dtype(at::kLong).device(device))};
}

} // namespace attune::core
