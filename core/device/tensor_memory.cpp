#include "core/device/tensor_memory.h"

#include "core/device/block_cache.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <cstring>

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

void releaseTensorMemory() { blocks().releaseFree(); }

} // namespace attune::core
