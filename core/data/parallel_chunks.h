// Work over 0..count in chunks on several threads whose results are merged in order, so that nothing depends on timing.
// The calling thread works too and alone calls `progress`. An exception ends the work and is thrown again here.
#pragma once

#include "core/base/helper_threads.h"
#include "core/base/stop_token.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace attune::data {

/// make(begin, end) -> ChunkResult on any thread; merge(ChunkResult&&) one at a time, in order; it returns false to end
/// the work early. False when `stop` ended it.
template <typename Make, typename Merge>
bool forEachChunk(int64_t count, int64_t chunk, int threads, const StopToken &stop, const std::function<void(int64_t)> &progress,
                  const Make &make, const Merge &merge) {
  using ChunkResult = decltype(make(int64_t(0), int64_t(0)));
  std::atomic<int64_t> nextChunk{0};
  std::atomic<int64_t> done{0};
  std::atomic<bool> ended{false};
  std::mutex mutex;
  std::map<int64_t, ChunkResult> waiting; // finished before their turn
  int64_t turn = 0;
  std::exception_ptr failure;
  const auto work = [&](bool caller) {
    try {
      while (!ended && !stop.stopRequested()) {
        const int64_t index = nextChunk++;
        if (index >= (count + chunk - 1) / chunk) return;
        const int64_t end = std::min(count, (index + 1) * chunk);
        ChunkResult result = make(index * chunk, end);
        {
          const std::lock_guard<std::mutex> lock(mutex);
          waiting.emplace(index, std::move(result));
          while (!ended && !waiting.empty() && waiting.begin()->first == turn) {
            if (!merge(std::move(waiting.begin()->second))) ended = true;
            waiting.erase(waiting.begin());
            ++turn;
          }
        }
        done += end - index * chunk;
        if (caller && progress) progress(done);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
      ended = true;
    }
  };
  const int64_t wanted = threads > 0 ? threads : static_cast<int64_t>(std::max(1u, std::thread::hardware_concurrency()));
  withHelpers(static_cast<size_t>(std::max<int64_t>(1, std::min<int64_t>({wanted, 64, (count + chunk - 1) / chunk})) - 1), work);
  if (failure) std::rethrow_exception(failure);
  return !stop.stopRequested();
}

} // namespace attune::data
