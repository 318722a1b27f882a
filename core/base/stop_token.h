// A cancellation flag shared between one requester and one worker (C++17 has no std::stop_token).
// StopSource lives with the owner; StopToken is copied into the work. Setting it is async-signal-safe.
#pragma once

#include <atomic>
#include <memory>

namespace attune {

class StopToken {
public:
  StopToken() = default; // never stops
  explicit StopToken(std::shared_ptr<std::atomic<bool>> flag) : m_flag(std::move(flag)) {}
  bool stopRequested() const { return m_flag && m_flag->load(std::memory_order_relaxed); }

private:
  std::shared_ptr<std::atomic<bool>> m_flag;
};

class StopSource {
public:
  StopToken token() const { return StopToken(m_flag); }
  void requestStop() const { m_flag->store(true, std::memory_order_relaxed); }
  bool stopRequested() const { return m_flag->load(std::memory_order_relaxed); }

private:
  std::shared_ptr<std::atomic<bool>> m_flag = std::make_shared<std::atomic<bool>>(false);
};

} // namespace attune
