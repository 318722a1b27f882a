// What to do when a step runs out of memory: compute its micro-batches in smaller parts. Same rows, same sum.
// Pure functions of the job thread.
#pragma once

#include "core/data/sample.h"

#include <exception>
#include <vector>

namespace attune::core {

/// The micro-batch as up to `parts` ones that hold its segments in order, none split.
std::vector<data::MicroBatch> splitMicroBatch(const data::MicroBatch &batch, int64_t parts);

/// Whether an exception out of libtorch or the standard library says that memory ran out.
bool isOutOfMemory(const std::exception &error);

} // namespace attune::core
