// A non-owning view of bytes (C++17 has no std::span). Any thread; the owner must outlive the view.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attune {

struct ByteView {
  const uint8_t *data = nullptr;
  size_t size = 0;

  /// The part [offset, offset + length); callers check bounds with `contains` first.
  ByteView sub(size_t offset, size_t length) const { return {data + offset, length}; }
  /// True when [offset, offset + length) lies inside, without overflow.
  bool contains(uint64_t offset, uint64_t length) const { return offset <= size && length <= size - offset; }
};

} // namespace attune
