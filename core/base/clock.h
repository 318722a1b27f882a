// Time as a value that tests can replace: wall seconds since the epoch (UTC) and a steady clock for durations.
// Copyable, any thread; no failure.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace attune {

struct Clock {
  std::function<double()> wall;
  std::function<double()> steady;

  static Clock system() {
    const auto seconds = [](auto now) { return std::chrono::duration<double>(now.time_since_epoch()).count(); };
    return {[seconds] { return seconds(std::chrono::system_clock::now()); },
            [seconds] { return seconds(std::chrono::steady_clock::now()); }};
  }
};

/// The local time now as a part of names: "20261126-164402".
std::string localStamp();

} // namespace attune
