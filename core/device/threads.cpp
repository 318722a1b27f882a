#include "core/device/threads.h"

#include "core/device/host_info.h"

#include <ATen/Parallel.h>
#include <algorithm>

namespace attune::core {

int64_t setComputeThreads(int64_t threads) {
  const int64_t wanted = threads > 0 ? threads : hostInfo().cores;
  at::set_num_threads(static_cast<int>(std::min<int64_t>(wanted, 4096)));
  return computeThreads();
}

int64_t computeThreads() { return at::get_num_threads(); }

} // namespace attune::core
