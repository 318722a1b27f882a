#include "core/data/packing.h"

#include <algorithm>

namespace attune::data {

std::vector<std::vector<int64_t>> packFirstFit(const std::vector<int64_t> &lengths, int64_t maxLength) {
  size_t leaves = 1;
  while (leaves < lengths.size()) leaves *= 2;
  // A tree of the room left: node i holds the most room below it, leaf s the room of sequence s (all still unopened).
  std::vector<int64_t> room(2 * leaves, maxLength);
  std::vector<std::vector<int64_t>> sequences;
  for (size_t row = 0; row < lengths.size(); ++row) {
    if (lengths[row] <= 0) continue;
    const int64_t length = std::min(lengths[row], maxLength);
    size_t node = 1;
    while (node < leaves) node = room[2 * node] >= length ? 2 * node : 2 * node + 1;
    const size_t sequence = node - leaves;
    if (sequence >= sequences.size()) sequences.resize(sequence + 1);
    sequences[sequence].push_back(static_cast<int64_t>(row));
    room[node] -= length;
    for (node /= 2; node > 0; node /= 2) room[node] = std::max(room[2 * node], room[2 * node + 1]);
  }
  return sequences;
}

} // namespace attune::data
