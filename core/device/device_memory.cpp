#include "core/device/device_memory.h"

#include "core/device/compute_device.h"
#include "core/device/context_memory.h"
#include "core/device/torch_guard.h"

#include <algorithm>
#include <atomic>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace attune::core {

namespace {

struct Totals {
  std::atomic<int64_t> now{0}, peak{0}, reserved{0}, peakReserved{0};
};

void raise(std::atomic<int64_t> &peak, int64_t value) {
  for (int64_t known = peak.load(); value > known && !peak.compare_exchange_weak(known, value);) {
  }
}

/// `Total` is int64_t in older libtorches and size_t in newer ones.
template <typename Total> class Report : public c10::MemoryReportingInfoBase {
public:
  explicit Report(c10::DeviceIndex index) : m_index(index) {}
  bool memoryProfilingEnabled() const override { return true; }
  void reportMemoryUsage(void *, int64_t, Total allocated, Total reserved, c10::Device device) override {
    // Older ROCm builds call their cards kHIP.
    if ((device.type() != c10::kCUDA && device.type() != c10::kHIP) || device.index() != m_index) return;
    totals.now = static_cast<int64_t>(allocated);
    raise(totals.peak, static_cast<int64_t>(allocated));
    totals.reserved = static_cast<int64_t>(reserved);
    raise(totals.peakReserved, static_cast<int64_t>(reserved));
  }

  c10::DeviceIndex index() const { return m_index; }

  Totals totals;

private:
  c10::DeviceIndex m_index;
};

template <typename Total> Report<Total> reportOf(void (c10::MemoryReportingInfoBase::*)(void *, int64_t, Total, Total, c10::Device));
using DeviceReport = decltype(reportOf(&c10::MemoryReportingInfoBase::reportMemoryUsage));

} // namespace

struct DeviceMemoryWatch::Guard {
  explicit Guard(c10::DeviceIndex index)
      : report(std::make_shared<DeviceReport>(index)), installed(c10::DebugInfoKind::PROFILER_STATE, report) {}
  std::shared_ptr<DeviceReport> report;
  c10::DebugInfoGuard installed;
};

DeviceMemoryWatch::DeviceMemoryWatch(const at::Device &device) {
  if (device.is_cuda()) m_guard = std::make_unique<Guard>(device.has_index() ? device.index() : c10::DeviceIndex(0));
}

DeviceMemoryWatch::~DeviceMemoryWatch() = default;

DeviceMemoryWatch::Use DeviceMemoryWatch::use() const {
  if (!m_guard) return {};
  const Totals &totals = m_guard->report->totals;
  return {totals.now, totals.peak, totals.reserved, totals.peakReserved};
}

int64_t DeviceMemoryWatch::unreportedBytes() const {
  if (!m_guard) return 0;
  const ComputeDevice now = describeDevice(at::Device(at::kCUDA, m_guard->report->index()));
  return now.totalBytes - now.freeBytes - use().reserved;
}

void DeviceMemoryWatch::resetPeak() {
  if (!m_guard) return;
  Totals &totals = m_guard->report->totals;
  totals.peak = totals.now.load();
  totals.peakReserved = totals.reserved.load();
}

Result<DeviceMemoryCap> DeviceMemoryCap::hold(const at::Device &device, int64_t capBytes, int64_t beyond) {
  DeviceMemoryCap cap;
  if (!device.is_cuda() || capBytes <= 0) return cap;
  const ComputeDevice before = describeDevice(device); // starts the context where there is none
  // Of what this process may take the context is a part, which stands in neither figure: free memory has lost it already.
  const int64_t context = contextOfCard(knownContextBytes(device, 0)) + beyond;
  const int64_t ballast = before.freeBytes - std::max<int64_t>(0, capBytes - context);
  if (ballast <= 0) return cap;
  ATTUNE_CHECK(guarded("Keeping to the memory cap",
                       [&] { cap.m_ballast = at::empty({ballast}, at::TensorOptions().dtype(at::kByte).device(device)); }));
  return cap;
}

} // namespace attune::core
