#include "core/device/host_guard.h"

#include "core/plan/memory_planner.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace attune::core {

namespace {

constexpr int64_t kMiB = int64_t(1) << 20;
constexpr double kLookSeconds = 0.25;
constexpr double kGrowSeconds = 0.05; // others may have taken what was left

} // namespace

HostGuard::HostGuard(Read read, Clock clock) : m_read(std::move(read)), m_clock(std::move(clock)) {
  const HostMemory memory = m_read();
  m_reserve = std::min(std::max(memory.totalBytes / 50, 64 * kMiB), 1024 * kMiB);
  m_swappedAtStart = memory.swappedBytes;
  m_lookedAt = m_readAt = m_clock.steady() - 1;
}

std::optional<std::string> HostGuard::shortage() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  const double now = m_clock.steady();
  if (now - m_lookedAt < kLookSeconds) return std::nullopt;
  const HostMemory memory = m_read();
  if (memory.totalBytes == 0) return std::nullopt; // nobody tells
  const std::string whose = memory.limited ? "this job's limit" : "the machine";
  if (memory.availableBytes < m_reserve)
    return "Only " + bytesText(memory.availableBytes) + " of the " + bytesText(memory.totalBytes) + " of " + whose + " are left.";
  const int64_t swapped = memory.swappedBytes - m_swappedAtStart;
  if (swapped > m_reserve && memory.availableBytes < 4 * m_reserve)
    return bytesText(swapped) + " of the run were swapped out, and only " + bytesText(memory.availableBytes) + " of " + whose +
           " are left.";
  m_lookedAt = now;
  return std::nullopt;
}

bool HostGuard::allows(int64_t bytes) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  const double now = m_clock.steady();
  if (bytes > m_left || now - m_readAt > kGrowSeconds) {
    const HostMemory memory = m_read();
    m_left = memory.totalBytes > 0 ? memory.availableBytes - m_reserve : INT64_MAX;
    m_readAt = now;
  }
  if (bytes > m_left) return false;
  m_left -= bytes;
  return true;
}

} // namespace attune::core
