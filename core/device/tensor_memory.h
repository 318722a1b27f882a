// Where libtorch's CPU tensors live: large ones in a BlockCache, small ones in libtorch's own allocator.
// Installed once by the composition root before the first tensor; process-wide. Allocation fails as libtorch's does.
#pragma once

#include <cstdint>
#include <functional>

namespace attune::core {

/// From now on large CPU tensors come from blocks that are kept when freed. Does nothing the second time.
void keepTensorMemory();

/// Gives back to the system what is kept: after a run, in a process that lives on.
void releaseTensorMemory();

/// What large CPU tensors take; zeros before keepTensorMemory().
struct TensorMemoryUse {
  int64_t bytes = 0;
  int64_t peakBytes = 0; // at most, since the program began
  int64_t keptBytes = 0; // beside them, for later
};
TensorMemoryUse tensorMemoryUse();

/// While it lives, CPU tensors together take `bytes` more than now at most (0 = any), and grow only while `mayGrow` (may be empty)
/// allows that many more: beyond, an allocation fails as without memory. One at a time; before keepTensorMemory() without effect.
class TensorMemoryLimit {
public:
  TensorMemoryLimit(int64_t bytes, std::function<bool(int64_t more)> mayGrow);
  ~TensorMemoryLimit();
  TensorMemoryLimit(const TensorMemoryLimit &) = delete;
  TensorMemoryLimit &operator=(const TensorMemoryLimit &) = delete;
};

} // namespace attune::core
