// Large blocks of host memory that are kept when freed, so that the next training step does not pay for mapping and
// clearing the same pages again. Never holds more than the most that was in use at once, or than a limit. Any thread; fails with null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace attune::core {

class BlockCache {
public:
  BlockCache() = default;
  ~BlockCache() { releaseFree(); } // blocks still in use stay mapped
  BlockCache(const BlockCache &) = delete;
  BlockCache &operator=(const BlockCache &) = delete;

  /// A page-aligned block of at least `bytes`, content undefined; null when the system has no memory left.
  void *take(size_t bytes);
  /// Gives a block from take() back; false (and nothing happens) for any other pointer.
  bool give(void *block);
  /// Returns every block that is not in use to the system.
  void releaseFree();
  /// From now on take() fails where more than `bytes` would be held, in use or kept, or where `mayGrow` (empty = always) says no to
  /// that many more bytes from the system.
  void limit(size_t bytes, std::function<bool(size_t)> mayGrow);

  struct Usage {
    size_t live = 0;     // bytes in use
    size_t peakLive = 0; // the most that was
    size_t free = 0;     // bytes kept for later
  };
  Usage usage() const;

private:
  void *reuse(size_t bytes);
  void *map(size_t bytes) const;
  void addFree(char *begin, size_t bytes);
  void removeFree(std::map<char *, size_t>::iterator piece);
  bool unmapNearest(size_t bytes);

  mutable std::mutex m_mutex;
  std::map<char *, size_t> m_free; // no two of them touch
  std::set<std::pair<size_t, char *>> m_freeBySize;
  std::unordered_map<void *, size_t> m_live;
  Usage m_usage;
  size_t m_limit = SIZE_MAX;
  std::function<bool(size_t)> m_mayGrow;
};

} // namespace attune::core
