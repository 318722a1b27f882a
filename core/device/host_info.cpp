#include "core/device/host_info.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <thread>

namespace attune::core {

namespace {

std::string firstLine(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value behind "Name:" in a /proc file of "Name:   123 kB" lines, in bytes; -1 when absent.
int64_t kilobytesOf(const std::string &path, const std::string &name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size(), name) == 0) return std::strtoll(line.c_str() + name.size(), nullptr, 10) * 1024;
  }
  return -1;
}

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 10, "model name") != 0) continue;
    const size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "unknown processor";
}

int64_t usableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

struct Limit {
  int64_t limit = -1;
  int64_t used = 0;
};

/// The tightest memory limit of this process's control group and its parents (version 2, else version 1).
Limit controlGroupLimit() {
  Limit tightest;
  const auto consider = [&](const std::string &limitFile, const std::string &usageFile) {
    const std::string text = firstLine(limitFile);
    if (text.empty() || text == "max") return;
    const int64_t limit = std::strtoll(text.c_str(), nullptr, 10);
    if (limit <= 0 || limit > (int64_t(1) << 60)) return;
    const int64_t used = std::strtoll(firstLine(usageFile).c_str(), nullptr, 10);
    if (tightest.limit < 0 || limit - used < tightest.limit - tightest.used) tightest = {limit, used};
  };
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const bool unified = line.compare(0, 3, "0::") == 0, memory = line.find(":memory:") != std::string::npos;
    if (!unified && !memory) continue;
    std::string path = line.substr(line.rfind(':') + 1);
    const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (int depth = 0; depth < 32; ++depth) {
      const std::string folder = root + (path == "/" ? "" : path);
      if (unified)
        consider(folder + "/memory.max", folder + "/memory.current");
      else
        consider(folder + "/memory.limit_in_bytes", folder + "/memory.usage_in_bytes");
      if (path.empty() || path == "/") break;
      path = path.substr(0, path.rfind('/'));
    }
  }
  return tightest;
}

} // namespace

HostInfo hostInfo() {
  HostInfo info;
  info.processor = processorName();
  info.cores = usableCores();
  info.memoryBytes = std::max<int64_t>(0, kilobytesOf("/proc/meminfo", "MemTotal:"));
  info.availableBytes = std::max<int64_t>(0, kilobytesOf("/proc/meminfo", "MemAvailable:"));
  const Limit group = controlGroupLimit();
  if (group.limit > 0) {
    info.memoryBytes = std::min(info.memoryBytes, group.limit);
    info.availableBytes = std::min(info.availableBytes, std::max<int64_t>(0, group.limit - group.used));
  }
  return info;
}

ProcessMemory processMemory() {
  return {std::max<int64_t>(0, kilobytesOf("/proc/self/status", "VmRSS:")),
          std::max<int64_t>(0, kilobytesOf("/proc/self/status", "VmHWM:"))};
}

bool resetPeakMemory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5";
  file.flush();
  return static_cast<bool>(file);
}

int64_t freeDiskBytes(const std::string &path) {
  std::filesystem::path folder = path.empty() ? std::filesystem::path(".") : std::filesystem::path(path);
  std::error_code failed;
  while (!std::filesystem::exists(folder, failed) && folder.has_parent_path() && folder.parent_path() != folder)
    folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  const auto space = std::filesystem::space(folder, failed);
  return failed ? -1 : static_cast<int64_t>(space.available);
}

} // namespace attune::core
