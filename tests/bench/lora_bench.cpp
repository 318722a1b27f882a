// LoRA's skinny products on a card, ours beside the library's: microseconds a call, for the linears of a 7B model.
// usage: lora_bench [RANK [ROWS]]
// The host is kept ahead of the card by long products before each measured row, whose time is taken off; operands change from call to
// call, so that the card's cache holds no more of them than in training.
#include "core/device/compute_device.h"
#include "core/nn/device_low_rank.h"
#include "tests/bench/median.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace {

using namespace attune;
using namespace attune::core;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Tensor make(at::IntArrayRef shape) {
  return at::randn(shape, at::TensorOptions().dtype(at::kFloat).device("cuda:0")).mul(0.05).to(at::kBFloat16);
}

/// Microseconds of f(i), where f takes the i-th set of operands.
double cost(const std::function<void(int)> &f) {
  constexpr int kCalls = 300;
  const at::Device card("cuda:0");
  static const Tensor big = make({8192, 8192});
  static Tensor out = at::empty_like(big);
  const auto wall = [&](int calls) {
    synchronize(card);
    const double start = seconds();
    for (int i = 0; i < 6; ++i) at::mm_out(out, big, big);
    for (int i = 0; i < calls; ++i) f(i);
    synchronize(card);
    return seconds() - start;
  };
  wall(kCalls);
  std::vector<double> more;
  for (int i = 0; i < 7; ++i) {
    const double bare = wall(0);
    more.push_back(wall(kCalls) - bare);
  }
  return bench::median(more) / kCalls * 1e6;
}

struct Shape {
  const char *name;
  int64_t in, out, slices;
};

} // namespace

int main(int argc, char **argv) {
  const int64_t rank = argc > 1 ? std::atoll(argv[1]) : 8, rows = argc > 2 ? std::atoll(argv[2]) : 2048;
  if (accelerators().empty()) return std::printf("no accelerator here\n"), 1;
  const at::NoGradGuard guard;
  constexpr int kSets = 6; // together more than the card's cache
  std::printf("rank %ld, %ld rows, bf16; us a call: library, ours (GB/s of ours)\n", static_cast<long>(rank), static_cast<long>(rows));
  for (const Shape &shape : {Shape{"q|k|v", 4096, 12288, 3}, {"o", 4096, 4096, 1}, {"gate|up", 4096, 22016, 2}, {"down", 11008, 4096, 1}}) {
    const int64_t ranks = rank * shape.slices;
    const Tensor reduced = make({rows, ranks}), a = make({ranks, shape.in}), b = make({ranks, shape.out});
    std::vector<Tensor> y, x;
    for (int i = 0; i < kSets; ++i) y.push_back(make({rows, shape.out})), x.push_back(make({rows, shape.in}));
    const auto both = [&](const char *what, int64_t bytes, const std::function<void(int)> &library, const std::function<bool(int)> &ours) {
      const bool there = ours(0);
      const double theirs = cost(library), own = there ? cost([&](int i) { ours(i); }) : 0.0;
      std::printf("%-8s %-34s %7.1f %7.1f  (%.0f)%s\n", shape.name, what, theirs, own, there ? static_cast<double>(bytes) / own / 1e3 : 0.0,
                  there ? "" : "  no kernel of ours");
    };
    const Tensor gradA = make({ranks, shape.in}), gradB = make({shape.out, ranks});
    std::vector<device::AdapterPlace> places;
    for (int64_t i = 0; i < shape.slices; ++i)
      places.push_back({i * shape.out / shape.slices, shape.out / shape.slices, i * rank, rank, 2.0});
    both(
        "gradients to fp32, scaled", 6 * (gradA.numel() + gradB.numel() / shape.slices),
        [&](int) {
          const Tensor wideA = gradA.to(at::kFloat), wideB = gradB.t().to(at::kFloat);
          for (const auto &place : places) wideB.narrow(0, place.rank, rank).narrow(1, place.row, place.rows).t().mul(place.scale);
        },
        [&](int) {
          Tensor all;
          return device::adapterGradients(gradA, gradB, places, all);
        });
    Tensor back, gradients;
    both(
        "all of backward but dx", y[0].nbytes() + x[0].nbytes(),
        [&](int i) {
          const Tensor backward = y[i % kSets].mm(b.t()), ofB = y[i % kSets].t().mm(reduced), ofA = backward.t().mm(x[i % kSets]);
          device::adapterGradients(ofA, ofB, places, gradients);
        },
        [&](int i) { return device::adapterBackward(y[i % kSets], x[i % kSets], reduced, b, places, back, gradients); });
  }
  return 0;
}
