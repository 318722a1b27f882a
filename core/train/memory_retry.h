// What to do when a step runs out of memory: compute its micro-batches in smaller parts. Same rows, same sum.
// Pure functions of the job thread.
#pragma once

#include "core/data/sample.h"

#include <vector>

namespace attune::core {

/// The micro-batch as up to `parts` ones that hold its segments in order, none split.
std::vector<data::MicroBatch> splitMicroBatch(const data::MicroBatch &batch, int64_t parts);

} // namespace attune::core
