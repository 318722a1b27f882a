// What libtorch's cache of a card's memory keeps in pieces that no tensor fits into: it is taken, and nothing can use it.
// Measured under caps on an H200 (tests/bench/forecast_cells.py hold). Any thread.
#pragma once

#include <cstdint>

namespace attune::core {

/// Whether the cache's segments grow and shrink by pages (PYTORCH_CUDA_ALLOC_CONF, which the program sets before libtorch is there).
bool cacheSegmentsGrow();

/// What of so many bytes of a card tensors and the driver's context can fill. Whole matrices' gradients leave larger pieces.
int64_t usableOnCard(int64_t bytes, bool trainsMatrices);

} // namespace attune::core
