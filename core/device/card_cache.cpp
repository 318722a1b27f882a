#include "core/device/card_cache.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace attune::core {

namespace {
constexpr int64_t kPieces = int64_t(384) << 20; // of segments that grow, whatever the run
} // namespace

bool cacheSegmentsGrow() {
  for (const char *name : {"PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF"}) // the newer name counts where both are set
    if (const char *settings = std::getenv(name)) return std::strstr(settings, "expandable_segments:True") != nullptr;
  return false;
}

int64_t usableOnCard(int64_t bytes, bool trainsMatrices) {
  const int64_t ofFixed = cacheSegmentsGrow() ? 0 : bytes / 100 * (trainsMatrices ? 8 : 4);
  return std::max<int64_t>(0, bytes - kPieces - ofFixed);
}

} // namespace attune::core
