// What an update costs on the host. usage: update_bench [THREADS [MILLIONS [bf16|fp16|fp32]]]
// One matrix of so many million weights with gradients of its type: nanoseconds a weight and thread of each rule, of the rounding
// and of the norm (best of several, CPU seconds of the process, so other programs disturb it less), beside what a copy of the weights
// takes. ATTUNE_TEST_COMPUTE=plain: by plain operators.
#include "core/device/tensor_memory.h"
#include "core/nn/kernels/kernel_table.h"
#include "core/train/optimizer.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

namespace {

using namespace attune;
using namespace attune::core;

double cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Work> double bestSeconds(int rounds, Work work) {
  double best = 1e9;
  for (int round = 0; round <= rounds; ++round) { // the first warms up
    const double start = cpuSeconds();
    work();
    if (round > 0) best = std::min(best, cpuSeconds() - start);
  }
  return best;
}

} // namespace

int main(int argc, char **argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2;
  const int64_t columns = 4096, rows = (argc > 2 ? std::max(1, std::atoi(argv[2])) : 64) * (int64_t(1) << 20) / columns;
  const std::string name = argc > 3 ? argv[3] : "bf16";
  const auto type = name == "fp32" ? at::kFloat : name == "fp16" ? at::kHalf : at::kBFloat16;
  keepTensorMemory();
  at::set_num_threads(threads);
  const at::NoGradGuard noGradients;
  const auto each = [&](double seconds) { return seconds * 1e9 / static_cast<double>(rows * columns); };
  const Tensor gradient = at::randn({rows, columns}, at::TensorOptions().dtype(at::kFloat)).mul_(1e-3).to(type);
  NamedParameter parameter{"w", at::randn({rows, columns}, at::TensorOptions().dtype(at::kFloat)).mul_(0.02).to(type), true, false};
  std::printf("kernels %s, %d threads, %ld x %ld weights in %s; nanoseconds a weight and thread\n", kernels::kernelSet().name, threads,
              static_cast<long>(rows), static_cast<long>(columns), name.c_str());

  Tensor copy = gradient.clone();
  std::printf("%-12s %7.2f\n", "copy", each(bestSeconds(3, [&] { copy.copy_(gradient); })));
  for (const char *rule : {"adamw_8bit", "adafactor", "adamw", "sgd"}) {
    api::OptimizerConfig options;
    options.name = rule;
    options.weightDecay = 0.01;
    Optimizer optimizer({parameter}, options, 1.0, 1);
    parameter.tensor.mutable_grad() = gradient;
    std::printf("%-12s %7.2f\n", rule, each(bestSeconds(2, [&] { optimizer.step(1e-5); })));
    std::fflush(stdout);
    if (std::strcmp(rule, "sgd") == 0) std::printf("%-12s %7.2f\n", "norm", each(bestSeconds(3, [&] { optimizer.gradientNorm(); })));
  }
  if (type != at::kFloat) {
    const Tensor wide = gradient.to(at::kFloat);
    std::printf("%-12s %7.2f\n", "rounding", each(bestSeconds(3, [&] { roundStochastically(copy, wide.view_as(copy), {1, 2}, 0); })));
  }
  return 0;
}
