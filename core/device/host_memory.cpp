#include "core/device/host_memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>

namespace attune::core {

namespace {

std::string firstLine(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The sum of the named counters of a memory.stat file ("name 123" lines, bytes).
int64_t countersIn(const std::string &path, std::initializer_list<const char *> names) {
  std::ifstream file(path);
  int64_t sum = 0;
  std::string name;
  for (int64_t value = 0; file >> name >> value;)
    if (std::find(names.begin(), names.end(), name) != names.end()) sum += value;
  return sum;
}

/// Bytes that a limit file allows; -1 = no limit ("max", absent, or version 1's word for none, a number near 2^63).
int64_t limitIn(const std::string &path) {
  const int64_t limit = std::strtoll(firstLine(path).c_str(), nullptr, 10);
  return limit > 0 && limit < (int64_t(1) << 60) ? limit : -1;
}

struct Limit {
  int64_t limit = -1;
  int64_t left = 0;
};

/// One control group's limit. What it uses counts file caches, which are given up before anything is swapped or killed.
Limit limitOf(const std::string &folder, bool unified) {
  Limit found;
  int64_t used = 0, caches = 0;
  if (unified) {
    found.limit = limitIn(folder + "/memory.max");
    const int64_t throttled = limitIn(folder + "/memory.high"); // beyond it the group is slowed down and swapped
    if (throttled > 0 && (found.limit < 0 || throttled < found.limit)) found.limit = throttled;
    used = std::strtoll(firstLine(folder + "/memory.current").c_str(), nullptr, 10);
    caches = countersIn(folder + "/memory.stat", {"inactive_file", "active_file", "slab_reclaimable"});
  } else {
    found.limit = limitIn(folder + "/memory.limit_in_bytes");
    used = std::strtoll(firstLine(folder + "/memory.usage_in_bytes").c_str(), nullptr, 10);
    caches = countersIn(folder + "/memory.stat", {"total_inactive_file", "total_active_file"});
  }
  found.left = std::max<int64_t>(0, found.limit - std::max<int64_t>(0, used - caches));
  return found;
}

/// The tightest limit of this process's control group and its parents (version 2, else version 1).
Limit controlGroupLimit(const std::string &root) {
  Limit tightest;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const bool unified = line.compare(0, 3, "0::") == 0, memory = line.find(":memory:") != std::string::npos;
    if (!unified && !memory) continue;
    std::string path = line.substr(line.rfind(':') + 1);
    const std::string top = root + (unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    for (int depth = 0; depth < 32; ++depth) {
      const Limit found = limitOf(top + (path == "/" ? "" : path), unified);
      if (found.limit > 0 && (tightest.limit < 0 || found.left < tightest.left)) tightest = found;
      if (path.empty() || path == "/") break;
      path = path.substr(0, path.rfind('/'));
    }
  }
  return tightest;
}

} // namespace

int64_t kilobytesIn(const std::string &path, const std::string &name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size(), name) == 0) return std::strtoll(line.c_str() + name.size(), nullptr, 10) * 1024;
  }
  return -1;
}

HostMemory readHostMemory(const std::string &root) {
  HostMemory memory;
  memory.totalBytes = std::max<int64_t>(0, kilobytesIn(root + "/proc/meminfo", "MemTotal:"));
  memory.availableBytes = kilobytesIn(root + "/proc/meminfo", "MemAvailable:");
  if (memory.availableBytes < 0) // before Linux 3.14
    memory.availableBytes = std::max<int64_t>(0, kilobytesIn(root + "/proc/meminfo", "MemFree:")) +
                            std::max<int64_t>(0, kilobytesIn(root + "/proc/meminfo", "Cached:"));
  memory.swappedBytes = std::max<int64_t>(0, kilobytesIn(root + "/proc/self/status", "VmSwap:"));
  const Limit group = controlGroupLimit(root);
  if (group.limit > 0) {
    memory.limited = group.limit < memory.totalBytes;
    memory.totalBytes = std::min(memory.totalBytes, group.limit);
    memory.availableBytes = std::min(memory.availableBytes, group.left);
  }
  return memory;
}

} // namespace attune::core
