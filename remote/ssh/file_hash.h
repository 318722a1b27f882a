// The sha256 of a local file, at once or on a thread beside its copying. Each object on one thread; reads the disk.
// FileNotFound, IoFailed, Interrupted.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace attune::remote {

/// 64 hex digits. `beat` is called after each MiB.
Result<std::string> fileHash(const std::string &path, const StopToken &stop = {}, const std::function<void()> &beat = {});

class RunningHash {
public:
  explicit RunningHash(std::string path);
  ~RunningHash(); // gives up
  RunningHash(const RunningHash &) = delete;
  RunningHash &operator=(const RunningHash &) = delete;

  /// The first `bytes` of the file are as they will be.
  void advance(uint64_t bytes);
  /// Of the first `bytes`, which are the file. `beat` is called while they are awaited.
  Result<std::string> finish(uint64_t bytes, const StopToken &stop, const std::function<void()> &beat = {});

private:
  void loop();
  const std::string m_path;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  uint64_t m_there = 0, m_whole = UINT64_MAX;
  bool m_givenUp = false, m_done = false;
  Result<std::string> m_result = std::string();
  std::thread m_thread; // last
};

} // namespace attune::remote
