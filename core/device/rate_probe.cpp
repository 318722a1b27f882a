#include "core/device/rate_probe.h"

#include "core/device/compute_device.h"
#include "core/device/own_thread.h"
#include "core/device/threads.h"
#include "core/device/torch_guard.h"
#include "core/device/trial_memory.h"
#include "core/nn/feed_forward.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/linear.h"
#include "core/nn/low_rank.h"
#include "core/nn/rms_norm.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <ctime>
#include <map>
#include <mutex>
#include <numeric>
#include <torch/version.h>
#include <vector>

namespace attune::core {

namespace {

constexpr double kSecondsEach = 0.25;

double now(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double perSecond(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

/// The shortest of some repetitions of `work` on a card, seconds; 0 when it fails.
template <typename Work> double shortest(const at::Device &device, Work work) {
  double best = 0;
  const Status ran = guarded("Timing the device", [&] {
    const at::NoGradGuard noGradients;
    work(); // warms up
    synchronize(device);
    const double begin = now(CLOCK_MONOTONIC);
    for (int repetition = 0; repetition < 10; ++repetition) {
      const double start = now(CLOCK_MONOTONIC);
      work();
      synchronize(device);
      const double seconds = now(CLOCK_MONOTONIC) - start;
      best = best == 0 ? seconds : std::min(best, seconds);
      if (now(CLOCK_MONOTONIC) - begin > kSecondsEach) break;
    }
  });
  return ran.ok() ? best : 0;
}

/// What all threads of the CPU do a second, each of them `work`, which is `amount`, by itself; 0 when it fails. By the time that each
/// computed: threads that share a piece of work wait for the one whom a busy machine holds up.
template <typename Work> double rateOfThreads(double amount, Work work) {
  const int64_t threads = computeThreads();
  std::vector<double> rates(static_cast<size_t>(threads), 0.0);
  const Status ran = guarded("Timing the device", [&] {
    const at::NoGradGuard noGradientsHere;
    work(); // what is chosen by trial is chosen with all threads
    runParts(threads, [&](int64_t thread) {
      const at::NoGradGuard noGradients;
      const double begin = now(CLOCK_THREAD_CPUTIME_ID);
      double best = 0;
      for (double start = begin, end = begin; end - begin < kSecondsEach; start = end) {
        work();
        end = now(CLOCK_THREAD_CPUTIME_ID);
        if (start > begin) best = std::max(best, perSecond(amount, end - start)); // the first warms up
      }
      rates[static_cast<size_t>(thread)] = best;
    });
  });
  return ran.ok() ? std::accumulate(rates.begin(), rates.end(), 0.0) : 0;
}

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
    const auto work = [&] { return matmulTransposed(x, w); };
    rate = device.is_cpu() ? rateOfThreads(flop, work) : perSecond(flop, shortest(device, work));
  }));
  return rate;
}

double copyRate(const Tensor &from, Tensor to, const at::Device &device, double passes) {
  return perSecond(passes * static_cast<double>(from.nbytes()), shortest(device, [&] { return to.copy_(from); }));
}

/// Bytes a second that our loops over rows read and write on the CPU: what a layer does between its products.
double loopRate(const at::Device &device) {
  constexpr int64_t kRows = 1024, kWidth = 576, kInner = 1536, kRank = 8;
  double rate = 0;
  static_cast<void>(guarded("Timing the device", [&] {
    const Tensor x = values(kRows, kWidth, at::kFloat, device), gateUp = values(kRows, 2 * kInner, at::kFloat, device);
    const Tensor norm = at::ones({kWidth}), factor = values(kRank, kWidth, at::kFloat, device);
    const double elements = static_cast<double>(kRows) * (4 * kWidth + 8 * kInner + 3 * kWidth);
    rate = rateOfThreads(4 * elements, [&] {
      const Tensor sum = addRmsNorm(x, x, norm, 1e-5).first;
      gatedBackward(gatedForward(gateUp, io::Activation::Silu), gateUp, io::Activation::Silu);
      lowRankExpand(sum, lowRankReduce(x, factor), factor);
    });
  }));
  return rate;
}

} // namespace

DeviceRates measureRates(const at::Device &device) {
  DeviceRates rates;
  rates.fp32 = productRate(at::kFloat, device);
  rates.bf16 = productRate(at::kBFloat16, device);
  if (!device.is_cpu()) rates.fp16 = productRate(at::kHalf, device); // on a CPU it can take minutes, and is not offered
  if (device.is_cpu()) {
    rates.memory = loopRate(device);
    return rates;
  }
  static_cast<void>(guarded("Timing the device", [&] {
    constexpr int64_t kBytes = int64_t(256) << 20;
    const auto room = at::TensorOptions().dtype(at::kByte);
    const Tensor to = at::empty({kBytes}, room.device(device));
    rates.memory = copyRate(at::zeros({kBytes}, room.device(device)), to, device, 2);
    rates.hostLink = copyRate(at::zeros({kBytes}, room).pin_memory(), to, device, 1);
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
  const std::string trial = device.is_cpu() ? "cpu_rates" : "rates";
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = known.find(machine); found != known.end()) return found->second;
  DeviceRates rates;
  if (const auto remembered = parseRates(recallTrial(trial, machine).value_or(""))) {
    rates = *remembered;
  } else {
    rates = onOwnThread([&] {
      setComputeThreads(threads);
      return measureRates(device);
    });
    rememberTrial(trial, machine, ratesText(rates));
  }
  return known[machine] = rates;
}

} // namespace attune::core
