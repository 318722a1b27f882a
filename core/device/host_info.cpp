#include "core/device/host_info.h"

#include "core/device/host_memory.h"

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

} // namespace

HostInfo hostInfo() {
  HostInfo info;
  info.processor = processorName();
  info.cores = usableCores();
  const HostMemory memory = readHostMemory();
  info.memoryBytes = memory.totalBytes;
  info.availableBytes = memory.availableBytes;
  return info;
}

ProcessMemory processMemory() {
  return {std::max<int64_t>(0, kilobytesIn("/proc/self/status", "VmRSS:")),
          std::max<int64_t>(0, kilobytesIn("/proc/self/status", "VmHWM:"))};
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
