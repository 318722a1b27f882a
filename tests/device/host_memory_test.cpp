#include "core/base/atomic_file.h"
#include "core/device/host_guard.h"
#include "core/device/host_memory.h"
#include "tests/support/run_fixture.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace attune;
using namespace attune::core;

namespace {

constexpr int64_t kMiB = int64_t(1) << 20, kGiB = int64_t(1) << 30;

/// A tree of /proc and /sys.
struct FakeHost {
  FakeHost() {
    write("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n");
    write("/proc/self/status", "Name:\tattune\nVmRSS:\t  100 kB\nVmSwap:\t    2048 kB\n");
  }
  void write(const std::string &path, const std::string &text) const {
    const std::string whole = folder.path() + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    REQUIRE(writeFileAtomic(whole, text).ok());
  }
  HostMemory read() const { return readHostMemory(folder.path()); }
  attune::test::TemporaryFolder folder;
};

} // namespace

TEST_CASE("host memory: without a group the machine's own figures count") {
  const FakeHost host;
  host.write("/proc/self/cgroup", "0::/user.slice\n");
  host.write("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  const HostMemory memory = host.read();
  CHECK(memory.totalBytes == 16 * kGiB);
  CHECK(memory.availableBytes == 8 * kGiB);
  CHECK(memory.swappedBytes == 2 * kMiB);
  CHECK_FALSE(memory.limited);
  CHECK(readHostMemory("/does/not/exist").totalBytes == 0);
}

TEST_CASE("host memory: the tightest group counts, its file caches as free") {
  // To see it fail: leave the caches out of limitOf, or look at the innermost group alone.
  const FakeHost host;
  host.write("/proc/self/cgroup", "0::/job/task\n");
  host.write("/sys/fs/cgroup/job/memory.max", std::to_string(4 * kGiB));
  host.write("/sys/fs/cgroup/job/memory.current", std::to_string(3 * kGiB));
  host.write("/sys/fs/cgroup/job/memory.stat", "anon 5\nfile " + std::to_string(2 * kGiB) + "\ninactive_file " + std::to_string(kGiB) +
                                                   "\nactive_file " + std::to_string(kGiB / 2) + "\nunevictable 0\n");
  host.write("/sys/fs/cgroup/job/task/memory.max", "max");
  HostMemory memory = host.read();
  CHECK(memory.limited);
  CHECK(memory.totalBytes == 4 * kGiB);
  CHECK(memory.availableBytes == 4 * kGiB - 3 * kGiB / 2);
  host.write("/sys/fs/cgroup/job/task/memory.high", std::to_string(kGiB)); // throttled before it is killed
  host.write("/sys/fs/cgroup/job/task/memory.current", std::to_string(2 * kGiB));
  memory = host.read();
  CHECK(memory.totalBytes == kGiB);
  CHECK(memory.availableBytes == 0);
}

TEST_CASE("host memory: version 1 of the groups") {
  const FakeHost host;
  host.write("/proc/self/cgroup", "9:cpu:/x\n4:memory:/slurm/job_1\n");
  host.write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  host.write("/sys/fs/cgroup/memory/slurm/job_1/memory.limit_in_bytes", std::to_string(2 * kGiB));
  host.write("/sys/fs/cgroup/memory/slurm/job_1/memory.usage_in_bytes", std::to_string(kGiB));
  host.write("/sys/fs/cgroup/memory/slurm/job_1/memory.stat", "total_inactive_file " + std::to_string(kGiB / 4));
  const HostMemory memory = host.read();
  CHECK(memory.totalBytes == 2 * kGiB);
  CHECK(memory.availableBytes == kGiB + kGiB / 4);
}

TEST_CASE("host guard: a reserve stays free, and swapping counts only where memory is short") {
  // To see it fail: leave the reserve out of allows() or shortage(), or the swapped bytes at the start.
  HostMemory now{16 * kGiB, 8 * kGiB, 700 * kMiB, false};
  double time = 100;
  const auto tick = [&] { return time; };
  HostGuard guard([&] { return now; }, {tick, tick});
  const int64_t reserve = guard.reserveBytes();
  CHECK(reserve == 16 * kGiB / 50);
  CHECK_FALSE(guard.shortage());
  now.availableBytes = reserve - 1;
  CHECK_FALSE(guard.shortage()); // looked a moment ago
  time += 1;
  REQUIRE(guard.shortage());
  CHECK(guard.shortage()->find("the machine") != std::string::npos);
  now.availableBytes = 3 * reserve;
  CHECK_FALSE(guard.shortage()); // at once, after something was done
  time += 1;
  now.swappedBytes += reserve + 1;
  CHECK(guard.shortage());
  now.availableBytes = 5 * reserve; // old pages that nobody misses
  CHECK_FALSE(guard.shortage());

  now.availableBytes = reserve + 10 * kMiB;
  time += 1;
  CHECK(guard.allows(6 * kMiB));
  now.availableBytes = reserve + 4 * kMiB; // as the system then says
  CHECK(guard.allows(4 * kMiB));
  now.availableBytes = reserve;
  CHECK_FALSE(guard.allows(1));
  now.availableBytes = 8 * kGiB;
  CHECK(guard.allows(kGiB));

  CHECK(HostGuard([] { return HostMemory{kGiB, kGiB, 0, true}; }).reserveBytes() == 64 * kMiB);
  CHECK(HostGuard([] { return HostMemory{1024 * kGiB, kGiB, 0, false}; }).reserveBytes() == kGiB);
}
