// A row-wise segment (a feed-forward block) over tiles of its rows, one after the other, so that what it needs meanwhile does not
// grow with the rows. Backward computes each tile once more (checkpointing.h). Job thread.
#pragma once

#include "core/nn/tensor.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace attune::core {

/// rows [n, W] of the input, of which the first has this number -> [n, W]. `again`: as in checkpointing.h.
using RowSegment = std::function<Tensor(const Tensor &rows, int64_t first, bool again)>;

/// segment(input), at most `tileRows` rows at a time; gradients for input and for those of `parameters` that require them.
/// `again`: nobody reads the values, which are not computed.
Tensor tiled(const RowSegment &segment, const Tensor &input, const std::vector<Tensor> &parameters, int64_t tileRows, bool again);

} // namespace attune::core
