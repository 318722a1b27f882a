// A CPU allocator that counts what lives and lets a chosen allocation fail. In force while it lives; test thread.
#pragma once

#include "core/device/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>

namespace attune::test {

class FailingMemory : public c10::Allocator {
public:
  FailingMemory() : m_inner((core::keepTensorMemory(), c10::GetCPUAllocator())) { c10::SetCPUAllocator(this, kPriority); }
  ~FailingMemory() override { c10::SetCPUAllocator(m_inner, kPriority); }
  FailingMemory(const FailingMemory &) = delete;
  FailingMemory &operator=(const FailingMemory &) = delete;

  /// Allocations of more than a few numbers, which no system fails to serve, since the start.
  int64_t count() const { return m_count; }
  int64_t failures() const { return m_failures; }
  int64_t liveBytes() const { return *m_live; }
  /// The next but `after` fails, and the `times` - 1 behind it.
  void failAfter(int64_t after, int64_t times = 1) {
    m_first = m_count + after;
    m_last = m_first + times;
  }
  /// What a failure says instead of being out of memory.
  std::string fault;

  c10::DataPtr allocate(size_t bytes) { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  void copy_data(void *to, const void *from, size_t bytes) const { std::memcpy(to, from, bytes); }

private:
  static constexpr uint8_t kPriority = 2; // above core's own
  static constexpr size_t kTiny = 64;     // bytes

  struct Block {
    c10::DataPtr data;
    int64_t bytes;
    std::shared_ptr<std::atomic<int64_t>> live;
  };
  static void free(void *context) {
    auto *const block = static_cast<Block *>(context);
    *block->live -= block->bytes;
    delete block;
  }

  c10::DataPtr take(size_t bytes) const {
    if (bytes > kTiny) {
      const int64_t number = m_count++;
      const bool fails = number >= m_first && number < m_last;
      m_failures += fails;
      TORCH_CHECK(!fails || fault.empty(), fault);
      TORCH_CHECK_WITH(OutOfMemoryError, !fails, "out of memory: a test wants no ", bytes, " bytes to be found");
    }
    auto *const block = new Block{m_inner->allocate(bytes), static_cast<int64_t>(bytes), m_live};
    *m_live += block->bytes;
    return {block->data.get(), block, &free, block->data.device()};
  }

  c10::Allocator *m_inner;
  std::shared_ptr<std::atomic<int64_t>> m_live = std::make_shared<std::atomic<int64_t>>(0);
  mutable std::atomic<int64_t> m_count{0}, m_failures{0};
  std::atomic<int64_t> m_first{-1}, m_last{-1};
};

} // namespace attune::test
