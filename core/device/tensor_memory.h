// Where libtorch's CPU tensors live: large ones in a BlockCache, small ones in libtorch's own allocator.
// Installed once by the composition root before the first tensor; process-wide. Allocation fails as libtorch's does.
#pragma once

namespace attune::core {

/// From now on large CPU tensors come from blocks that are kept when freed. Does nothing the second time.
void keepTensorMemory();

/// Gives back to the system what is kept: after a run, in a process that lives on.
void releaseTensorMemory();

} // namespace attune::core
