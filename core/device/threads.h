// How many threads libtorch computes with. Call once, early, on the main or job thread: results on the CPU depend on the
// number, and libtorch fixes its pools at the first parallel operation.
#pragma once

#include <cstdint>

namespace attune::core {

/// Sets the compute threads; 0 takes every core this process may use. Returns the number in effect.
int64_t setComputeThreads(int64_t threads);

int64_t computeThreads();

} // namespace attune::core
