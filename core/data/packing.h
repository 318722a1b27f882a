// First-fit packing: rows go, in order, into the first sequence that still has room for the whole row.
// Pure function, any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace attune::data {

/// Row indices of each sequence for row `lengths`; no sequence holds more than `maxLength` tokens, except one row that is
/// longer by itself. Rows of length 0 are left out. O(n log n).
std::vector<std::vector<int64_t>> packFirstFit(const std::vector<int64_t> &lengths, int64_t maxLength);

} // namespace attune::data
