#include "core/device/tensor_memory.h"

#include "core/device/block_cache.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <utility>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace attune::core {

namespace {

constexpr size_t kLarge = size_t(128) << 10; // bytes; below, the C library keeps freed memory well by itself

/// Never destroyed: tensors in static storage may outlive any order of destruction.
BlockCache &blocks() {
  static auto *const cache = new BlockCache;
  return *cache;
}

c10::Allocator *smallAllocator() {
  static c10::Allocator *const allocator = c10::GetDefaultCPUAllocator();
  return allocator;
}

void freeTensor(void *data) {
  if (!blocks().give(data)) smallAllocator()->raw_deallocate(data);
}

class TensorAllocator : public c10::Allocator {
public:
  // libtorch's virtual is const in 2.1 and not later: one of the two overrides it.
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return freeTensor; }
  void copy_data(void *to, const void *from, size_t bytes) const { std::memcpy(to, from, bytes); } // virtual from 2.3 on

private:
  static c10::DataPtr take(size_t bytes) {
    void *const data = bytes < kLarge ? smallAllocator()->raw_allocate(bytes) : blocks().take(bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, data || bytes == 0, "out of memory: no ", bytes, " bytes for a tensor");
    return {data, data, freeTensor, c10::Device(c10::DeviceType::CPU)};
  }
};

} // namespace

void keepTensorMemory() {
  static TensorAllocator allocator;
  static const bool installed = (smallAllocator(), c10::SetCPUAllocator(&allocator, 1), true);
  static_cast<void>(installed);
}

void releaseTensorMemory() {
  blocks().releaseFree();
#if defined(__GLIBC__)
  malloc_trim(0); // small tensors and rows of data lie among what the C library keeps
#endif
}

TensorMemoryUse tensorMemoryUse() {
  const BlockCache::Usage usage = blocks().usage();
  return {static_cast<int64_t>(usage.live), static_cast<int64_t>(usage.peakLive), static_cast<int64_t>(usage.free)};
}

TensorMemoryLimit::TensorMemoryLimit(int64_t bytes, std::function<bool(int64_t more)> mayGrow) {
  blocks().releaseFree(); // what an earlier run left is not this one's
  std::function<bool(size_t)> gate;
  if (mayGrow) gate = [mayGrow = std::move(mayGrow)](size_t more) { return mayGrow(static_cast<int64_t>(more)); };
  blocks().limit(bytes > 0 ? blocks().usage().live + static_cast<size_t>(bytes) : SIZE_MAX, std::move(gate));
}

TensorMemoryLimit::~TensorMemoryLimit() { blocks().limit(SIZE_MAX, {}); }

} // namespace attune::core
