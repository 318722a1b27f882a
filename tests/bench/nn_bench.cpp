// Where a training step spends its time. usage: nn_bench [THREADS [fp32|bf16 [SEGMENTS [LENGTH]]]]
// A synthetic SmolLM2-135M layer with LoRA r=8 on every linear, packed SEGMENTS x LENGTH: milliseconds forward and
// backward of each function (best of several, CPU seconds of the process / threads, so other programs disturb it less),
// then the whole step put together and its share of what the matrix products alone would allow.
#include "core/device/tensor_memory.h"
#include "core/nn/attention.h"
#include "core/nn/feed_forward.h"
#include "core/nn/kernels/kernel_table.h"
#include "core/nn/linear.h"
#include "core/nn/matmul.h"
#include "core/nn/rms_norm.h"
#include "core/nn/token_loss.h"

#include <ATen/Parallel.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <torch/csrc/autograd/autograd.h>

namespace {

using namespace attune;
using namespace attune::core;

constexpr int64_t kHidden = 576, kFeed = 1536, kHeads = 9, kKvHeads = 3, kDim = 64, kLayers = 30, kVocab = 49152, kRank = 8;

int g_threads = 2;

double cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec)) / g_threads;
}

struct Cost {
  double forward = 1e9, backward = 1e9;
};

Cost measure(int rounds, const std::vector<Tensor> &leaves, const std::function<Tensor()> &f) {
  Cost cost;
  Tensor weights;
  for (int round = 0; round <= rounds; ++round) {
    const double start = cpuSeconds();
    const Tensor y = f();
    const double middle = cpuSeconds();
    if (!weights.defined()) weights = at::ones_like(y);
    const double again = cpuSeconds();
    torch::autograd::grad({y}, leaves, {weights});
    const double end = cpuSeconds();
    if (round == 0) continue;
    cost.forward = std::min(cost.forward, middle - start);
    cost.backward = std::min(cost.backward, end - again);
  }
  return cost;
}

double g_layer = 0.0, g_loss = 0.0, g_productSeconds = 0.0;

/// `flops`: of the large matrix products of forward and backward together.
void report(const char *name, const Cost &cost, int count, double flops, double rate, bool isLoss = false) {
  const double total = count * (cost.forward + cost.backward);
  (isLoss ? g_loss : g_layer) += total;
  const double ideal = flops / rate;
  g_productSeconds += count * ideal * (isLoss ? 1 : kLayers);
  std::printf("%-22s x%d  forward %8.2f ms  backward %8.2f ms", name, count, 1e3 * cost.forward, 1e3 * cost.backward);
  if (flops > 0.0) std::printf("   %5.1f %% of the product rate", 100.0 * count * ideal / total);
  std::printf("\n");
}

} // namespace

int main(int argc, char **argv) {
  g_threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2;
  const bool narrow = argc > 2 && std::strcmp(argv[2], "bf16") == 0;
  const int64_t segments = argc > 3 ? std::atoll(argv[3]) : 8, length = argc > 4 ? std::atoll(argv[4]) : 512;
  attune::core::keepTensorMemory();
  at::set_num_threads(g_threads);
  const auto type = narrow ? at::kBFloat16 : at::kFloat;
  const int64_t rows = segments * length;
  const int rounds = 3;
  const auto make = [&](at::IntArrayRef shape, bool grad) {
    return at::randn(shape, at::TensorOptions().dtype(at::kFloat)).mul(0.05).to(type).requires_grad_(grad);
  };

  double rate = 1.0;
  {
    at::NoGradGuard guard;
    const Tensor x = make({rows, kHidden}, false), w = make({2 * kFeed, kHidden}, false);
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
      const double start = cpuSeconds();
      matmulTransposed(x, w);
      best = std::min(best, cpuSeconds() - start);
    }
    rate = 2.0 * static_cast<double>(rows * kHidden * 2 * kFeed) / best;
  }
  std::printf("kernels %s, products %s, %d threads, %ld rows: %.0f GFLOP/s\n", kernels::kernelSet().name, matmulPath(type).c_str(),
              g_threads, static_cast<long>(rows), rate / 1e9);

  const Tensor x = make({rows, kHidden}, true), other = make({rows, kHidden}, true), norm = make({kHidden}, false);
  report("addRmsNorm",
         measure(rounds, {x, other},
                 [&] {
                   const auto [sum, y] = addRmsNorm(x, other, norm, 1e-5);
                   return y;
                 }),
         2, 0.0, rate);

  const auto linearCost = [&](const char *name, int64_t in, const std::vector<int64_t> &outs) {
    int64_t out = 0;
    std::vector<LoraSlice> slices;
    const Tensor input = make({rows, in}, true);
    std::vector<Tensor> leaves{input};
    for (const int64_t part : outs) {
      const auto master = [&](at::IntArrayRef shape) {
        return at::randn(shape, at::TensorOptions().dtype(at::kFloat)).mul(0.05).requires_grad_(true);
      };
      slices.push_back({master({kRank, in}), master({part, kRank}), 2.0, out, out + part});
      leaves.push_back(slices.back().a);
      leaves.push_back(slices.back().b);
      out += part;
    }
    const Tensor weight = make({out, in}, false);
    const double flops = 4.0 * static_cast<double>(rows * in * out);
    report(name, measure(rounds, leaves, [&] { return linear(input, weight, Tensor(), slices); }), 1, flops, rate);
    const std::string bare = std::string("  without LoRA");
    const Cost cost = measure(rounds, {input}, [&] { return core::linear(input, Weight(weight), Tensor()); });
    std::printf("%-22s     forward %8.2f ms  backward %8.2f ms\n", bare.c_str(), 1e3 * cost.forward, 1e3 * cost.backward);
  };
  linearCost("q|k|v", kHidden, {kHeads * kDim, kKvHeads * kDim, kKvHeads * kDim});
  linearCost("o", kHeads * kDim, {kHidden});
  linearCost("gate|up", kHidden, {kFeed, kFeed});
  linearCost("down", kFeed, {kHidden});

  const Tensor gateUp = make({rows, 2 * kFeed}, true);
  report("gatedActivation", measure(rounds, {gateUp}, [&] { return gatedActivation(gateUp, io::Activation::Silu); }), 1, 0.0, rate);

  io::RopeConfig rope;
  rope.theta = 1e5;
  const auto tables = rotaryTables(rope, kDim, length, at::Device(at::kCPU));
  AttentionSpec spec;
  std::vector<Tensor> positions;
  for (int64_t s = 0; s <= segments; ++s) spec.segmentStarts.push_back(s * length);
  for (int64_t s = 0; s < segments; ++s) positions.push_back(at::arange(length));
  const Tensor position = at::cat(positions, 0).to(at::kLong);
  const Tensor qkv = make({rows, (kHeads + 2 * kKvHeads) * kDim}, true);
  // Causal: half of the pairs; two products forward, five backward.
  const double attentionFlops = 7.0 * static_cast<double>(rows * length * kHeads * kDim);
  for (const auto kind : {AttentionKind::Fused, AttentionKind::Sliced}) {
    spec.kind = kind;
    const Cost cost =
        measure(rounds, {qkv}, [&] { return packedAttention(qkv.view_as(qkv), kHeads, kKvHeads, position, tables, false, spec); });
    if (kind == AttentionKind::Sliced) {
      report("packedAttention", cost, 1, attentionFlops, rate);
    } else {
      std::printf("%-22s     forward %8.2f ms  backward %8.2f ms\n", "  (libtorch's SDPA)", 1e3 * cost.forward, 1e3 * cost.backward);
    }
  }

  const Tensor head = make({kVocab, kHidden}, false);
  const Tensor targets = at::randint(kVocab, {rows}, at::TensorOptions().dtype(at::kLong));
  report("linearCrossEntropySum", measure(1, {x}, [&] { return linearCrossEntropySum(x, head, targets); }), 1,
         4.0 * static_cast<double>(rows * kHidden * kVocab), rate, true);

  {
    at::NoGradGuard guard;
    const Tensor one = make({1, kHidden}, false);
    double best = 1e9;
    for (int i = 0; i < 10; ++i) {
      const double start = cpuSeconds();
      matmulTransposed(one, head);
      best = std::min(best, cpuSeconds() - start);
    }
    std::printf("one row by the head: %.2f ms, %.1f GB/s\n", 1e3 * best,
                static_cast<double>(head.numel()) * static_cast<double>(head.element_size()) / best / 1e9);
  }

  const double step = kLayers * g_layer + g_loss;
  std::printf("step of %ld layers: %.2f s, %.0f tokens/s; products alone %.2f s (%.0f tokens/s): %.0f %% of the limit\n",
              static_cast<long>(kLayers), step, static_cast<double>(rows) / step, g_productSeconds,
              static_cast<double>(rows) / g_productSeconds, 100.0 * g_productSeconds / step);
  return 0;
}
