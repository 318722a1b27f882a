#include "core/device/block_cache.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <sys/mman.h>
#include <utility>

namespace attune::core {

namespace {

constexpr size_t kGrain = size_t(64) << 10;
constexpr size_t kHugePage = size_t(2) << 20;

void *mapBlock(size_t bytes) {
  // Large blocks start on a large-page boundary: one fault and one TLB entry for 2 MiB instead of 512.
  const size_t slack = bytes >= 2 * kHugePage ? kHugePage : 0;
  void *mapped = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (slack == 0) return mapped;
  char *const begin = static_cast<char *>(mapped);
  const size_t lead = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (lead > 0) munmap(begin, lead);
  munmap(begin + lead + bytes, slack - lead);
  madvise(begin + lead, bytes / kHugePage * kHugePage, MADV_HUGEPAGE); // refusal is harmless
  return begin + lead;
}

} // namespace

void BlockCache::removeFree(std::map<char *, size_t>::iterator piece) {
  m_usage.free -= piece->second;
  m_freeBySize.erase({piece->second, piece->first});
  m_free.erase(piece);
}

/// Keeps a piece, joined with the free ones that touch it, also across what were two mappings.
void BlockCache::addFree(char *begin, size_t bytes) {
  auto next = m_free.lower_bound(begin);
  if (next != m_free.end() && begin + bytes == next->first) {
    bytes += next->second;
    removeFree(next++);
  }
  if (next != m_free.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == begin) {
      begin = before->first;
      bytes += before->second;
      removeFree(before);
    }
  }
  m_free.emplace(begin, bytes);
  m_freeBySize.emplace(bytes, begin);
  m_usage.free += bytes;
}

/// The smallest free piece that is large enough; what is left of it stays free.
void *BlockCache::reuse(size_t bytes) {
  const auto found = m_freeBySize.lower_bound({bytes, nullptr});
  if (found == m_freeBySize.end()) return nullptr;
  const auto [size, begin] = *found;
  removeFree(m_free.find(begin));
  if (size > bytes) addFree(begin + bytes, size - bytes);
  return begin;
}

/// Returns the largest free piece below `bytes` to the system, those that no longer fit anything; false when there is none.
bool BlockCache::unmapNearest(size_t bytes) {
  if (m_freeBySize.empty()) return false;
  auto piece = m_freeBySize.lower_bound({bytes, nullptr});
  if (piece != m_freeBySize.begin()) --piece;
  const auto [size, begin] = *piece;
  munmap(begin, size);
  removeFree(m_free.find(begin));
  return true;
}

void *BlockCache::map(size_t bytes) const {
  const size_t held = m_usage.live + m_usage.free;
  if (held > m_limit || bytes > m_limit - held || (m_mayGrow && !m_mayGrow(bytes))) return nullptr;
  return mapBlock(bytes);
}

void *BlockCache::take(size_t bytes) {
  const size_t size = (std::max<size_t>(bytes, 1) + kGrain - 1) / kGrain * kGrain;
  if (size < bytes) return nullptr;
  const std::lock_guard<std::mutex> lock(m_mutex);
  void *block = reuse(size);
  if (!block) {
    // What is kept beside what is in use must stay within the peak.
    while (m_usage.live + m_usage.free + size > m_usage.peakLive && unmapNearest(size)) {
    }
    block = map(size);
    while (!block && unmapNearest(size)) block = map(size);
    if (!block) return nullptr;
  }
  m_live.emplace(block, size);
  m_usage.live += size;
  m_usage.peakLive = std::max(m_usage.peakLive, m_usage.live);
  return block;
}

bool BlockCache::give(void *block) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  const auto found = m_live.find(block);
  if (found == m_live.end()) return false;
  const size_t size = found->second;
  m_live.erase(found);
  m_usage.live -= size;
  addFree(static_cast<char *>(block), size);
  return true;
}

void BlockCache::releaseFree() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  while (unmapNearest(0)) {
  }
}

void BlockCache::limit(size_t bytes, std::function<bool(size_t)> mayGrow) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_limit = bytes;
  m_mayGrow = std::move(mayGrow);
}

BlockCache::Usage BlockCache::usage() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_usage;
}

} // namespace attune::core
