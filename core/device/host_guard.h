// Keeps a run from pushing the machine into swap, or from being killed by the kernel: says when the host runs short, and how far
// tensors may still grow. A reserve stays free: 2 % of the memory there is, 64 MiB at least, 1 GiB at most.
// Any thread; owned by the run. Reading costs a tenth of a millisecond and is done a few times a second.
#pragma once

#include "core/base/clock.h"
#include "core/device/host_memory.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace attune::core {

class HostGuard {
public:
  using Read = std::function<HostMemory()>;
  explicit HostGuard(
      Read read = [] { return readHostMemory(); }, Clock clock = Clock::system());

  /// What is short, as a sentence: less than the reserve is left; or more than the reserve of this process was swapped out since the
  /// start while less than four times the reserve is left. Looks again at once after it found something.
  std::optional<std::string> shortage();
  /// Whether `bytes` more may be taken without touching the reserve.
  bool allows(int64_t bytes);
  int64_t reserveBytes() const { return m_reserve; }

private:
  std::mutex m_mutex;
  Read m_read;
  Clock m_clock;
  int64_t m_reserve = 0;
  int64_t m_swappedAtStart = 0;
  double m_lookedAt = 0; // when nothing was short
  double m_readAt = 0;
  int64_t m_left = 0; // that allows() may still give since it read
};

} // namespace attune::core
