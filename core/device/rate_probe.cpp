#include "core/device/rate_probe.h"

#include "core/device/compute_device.h"
#include "core/device/own_thread.h"
#include "core/device/threads.h"
#include "core/device/torch_guard.h"
#include "core/device/trial_memory.h"
#include "core/nn/linear.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <ctime>
#include <map>
#include <mutex>
#include <torch/version.h>

namespace attune::core {

namespace {

constexpr double kSecondsEach = 0.25;

double now(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The shortest of some repetitions of `work`, seconds; 0 when it fails. On the CPU no longer than the threads computed, so that a
/// busy machine is not remembered as a slow one.
template <typename Work> double shortest(const at::Device &device, Work work) {
  double best = 0;
  const Status ran = guarded("Timing the device", [&] {
    const at::NoGradGuard noGradients;
    work(); // warms up
    synchronize(device);
    const double begin = now(CLOCK_MONOTONIC);
    for (int repetition = 0; repetition < 10; ++repetition) {
      const double start = now(CLOCK_MONOTONIC), computed = now(CLOCK_PROCESS_CPUTIME_ID);
      work();
      synchronize(device);
      double seconds = now(CLOCK_MONOTONIC) - start;
      if (device.is_cpu()) seconds = std::min(seconds, (now(CLOCK_PROCESS_CPUTIME_ID) - computed) / static_cast<double>(computeThreads()));
      best = best == 0 ? seconds : std::min(best, seconds);
      if (now(CLOCK_MONOTONIC) - begin > kSecondsEach) break;
    }
  });
  return ran.ok() ? best : 0;
}

double perSecond(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

/// Values in [-1, 1]: constant ones make a card faster than real work does.
Tensor values(int64_t rows, int64_t columns, at::ScalarType type, const at::Device &device) {
  const Tensor index = at::arange(rows * columns, at::TensorOptions().dtype(at::kFloat).device(device));
  return index.mul(0.7548776662).sin().to(type).view({rows, columns});
}

double productRate(at::ScalarType type, const at::Device &device) {
  const int64_t rows = device.is_cpu() ? 512 : 8192, width = device.is_cpu() ? 1024 : 4096;
  double rate = 0;
  static_cast<void>(guarded("Timing the device", [&] {
    const Tensor x = values(rows, width, type, device), w = values(width, width, type, device);
    const auto flop = 2.0 * static_cast<double>(rows) * static_cast<double>(width) * static_cast<double>(width);
    rate = perSecond(flop, shortest(device, [&] { return matmulTransposed(x, w); }));
  }));
  return rate;
}

double copyRate(const Tensor &from, Tensor to, const at::Device &device, double passes) {
  return perSecond(passes * static_cast<double>(from.nbytes()), shortest(device, [&] { return to.copy_(from); }));
}

} // namespace

DeviceRates measureRates(const at::Device &device) {
  DeviceRates rates;
  rates.fp32 = productRate(at::kFloat, device);
  rates.bf16 = productRate(at::kBFloat16, device);
  if (!device.is_cpu()) rates.fp16 = productRate(at::kHalf, device); // on a CPU it can take minutes, and is not offered
  static_cast<void>(guarded("Timing the device", [&] {
    const int64_t bytes = device.is_cpu() ? int64_t(32) << 20 : int64_t(256) << 20;
    const auto room = at::TensorOptions().dtype(at::kByte);
    const Tensor to = at::empty({bytes}, room.device(device));
    rates.memory = copyRate(at::zeros({bytes}, room.device(device)), to, device, 2);
    if (!device.is_cpu()) rates.hostLink = copyRate(at::zeros({bytes}, room).pin_memory(), to, device, 1);
  }));
  releaseDeviceMemory(device);
  return rates;
}

DeviceRates deviceRates(const at::Device &device, int64_t threads) {
  static std::mutex mutex;
  static std::map<std::string, DeviceRates> known;
  std::string machine = describeDevice(device).name;
  machine += " | libtorch " TORCH_VERSION;
  if (device.is_cpu()) machine += " | threads " + std::to_string(threads);
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = known.find(machine); found != known.end()) return found->second;
  DeviceRates rates;
  if (const auto remembered = parseRates(recallTrial("rates", machine).value_or(""))) {
    rates = *remembered;
  } else {
    rates = onOwnThread([&] {
      setComputeThreads(threads);
      return measureRates(device);
    });
    rememberTrial("rates", machine, ratesText(rates));
  }
  return known[machine] = rates;
}

} // namespace attune::core
