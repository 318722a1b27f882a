// What this machine is: processor, cores, memory, disk. Reads /proc and the cgroup limits; no libtorch. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace attune::core {

struct HostInfo {
  std::string processor;      // "Intel(R) Xeon(R) Processor @ 2.60GHz"
  int64_t cores = 1;          // that this process may use
  int64_t memoryBytes = 0;    // installed, or the container's limit when that is smaller
  int64_t availableBytes = 0; // that can be taken now without swapping
};

HostInfo hostInfo();

struct ProcessMemory {
  int64_t residentBytes = 0;
  int64_t peakResidentBytes = 0; // since the start, or the last resetPeakMemory()
};

ProcessMemory processMemory();

/// Starts a new peak; false where the kernel does not allow it.
bool resetPeakMemory();

/// Bytes free on the disk of `path` (or of its nearest existing parent); -1 when unknown.
int64_t freeDiskBytes(const std::string &path);

} // namespace attune::core
