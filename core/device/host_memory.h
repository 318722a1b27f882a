// How much memory the host has left, as the kernel tells it: for the machine, and for the control group (container, Slurm job) that
// this process may not outgrow. Reads /proc and /sys; a file that is missing limits nothing. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace attune::core {

struct HostMemory {
  int64_t totalBytes = 0;     // installed, or the group's limit where that is smaller
  int64_t availableBytes = 0; // that can be taken now without swapping: file caches count as free, in the group as well
  int64_t swappedBytes = 0;   // of this process, out on disk
  bool limited = false;       // by a group
};

/// `root`: where proc/ and sys/ lie, for tests.
HostMemory readHostMemory(const std::string &root = "");

/// The value behind `name` in a file of "Name:   123 kB" lines, in bytes; -1 when absent.
int64_t kilobytesIn(const std::string &path, const std::string &name);

} // namespace attune::core
