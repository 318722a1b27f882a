// What this machine can do at most: reading memory and multiplying matrices. usage: limits_bench THREADS
// Prints {"read_GB_s","gemm_fp32_GFLOP_s","gemm_bf16_GFLOP_s"}: the better of libtorch's own product and core/nn's.
#include "core/base/json.h"
#include "core/nn/matmul.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

namespace {

using namespace attune;

template <typename Work> double bestSeconds(int repeats, Work work) {
  double best = 1e9;
  for (int i = 0; i <= repeats; ++i) { // the first round warms up
    const auto start = std::chrono::steady_clock::now();
    work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (i > 0) best = std::min(best, seconds);
  }
  return best;
}

/// GB/s of `threads` threads that each read their part of one GiB.
double readRate(int threads) {
  const std::vector<uint64_t> memory(size_t(1) << 27, 1);
  std::vector<uint64_t> sums(static_cast<size_t>(threads) * 16);
  const size_t part = memory.size() / static_cast<size_t>(threads);
  const double seconds = bestSeconds(5, [&] {
    std::vector<std::thread> workers;
    for (size_t t = 0; t < static_cast<size_t>(threads); ++t)
      workers.emplace_back([&, t] {
        uint64_t lanes[32] = {};
        for (size_t i = t * part; i + 32 <= (t + 1) * part; i += 32)
          for (size_t k = 0; k < 32; ++k) lanes[k] += memory[i + k];
        for (const uint64_t lane : lanes) sums[t * 16] += lane;
      });
    for (std::thread &worker : workers) worker.join();
  });
  return sums[0] == 0 ? 0.0 : static_cast<double>(memory.size() * 8) / seconds / 1e9;
}

double productRate(at::ScalarType type) {
  const int64_t n = 2048;
  const Tensor x = at::ones({n, n}, type);
  Tensor out = at::empty({n, n}, type);
  const double own = bestSeconds(5, [&] { core::matmulTransposedInto(out, x, x); });
  const double plain = bestSeconds(5, [&] { at::mm_out(out, x, x); });
  return 2.0 * static_cast<double>(n * n * n) / std::min(own, plain) / 1e9;
}

} // namespace

int main(int count, char **values) {
  const int threads = count > 1 ? std::stoi(values[1]) : 2;
  at::set_num_threads(threads);
  const at::NoGradGuard noGradients;
  const Json out{
      {"read_GB_s", readRate(threads)}, {"gemm_fp32_GFLOP_s", productRate(at::kFloat)}, {"gemm_bf16_GFLOP_s", productRate(at::kBFloat16)}};
  std::cout << out.dump() << "\n";
  return 0;
}
