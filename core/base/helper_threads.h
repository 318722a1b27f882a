// Threads that help the calling one with work it can also do alone. Any thread.
#pragma once

#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace attune {

/// Calls work(false) on up to `helpers` threads and work(true) here, and waits for all; with fewer helpers where no more threads can
/// be made. `work` must not throw.
template <typename Work> void withHelpers(size_t helpers, const Work &work) {
  std::vector<std::thread> threads;
  threads.reserve(helpers);
  try {
    while (threads.size() < helpers) threads.emplace_back(work, false);
  } catch (const std::exception &) {
    // No more threads here: the others do the work.
  }
  work(true);
  for (std::thread &thread : threads) thread.join();
}

} // namespace attune
