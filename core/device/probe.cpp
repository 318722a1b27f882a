#include "core/device/probe.h"

#include "core/device/compute_device.h"
#include "core/device/torch_guard.h"
#include "core/nn/linear.h"
#include "core/nn/matmul.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/sub.h>
#include <algorithm>
#include <chrono>
#include <cmath>

namespace attune::core {

namespace {

/// Values in [-1, 1] that look random and are the same everywhere, without touching libtorch's generator.
Tensor pattern(int64_t rows, int64_t columns, int64_t salt) {
  const Tensor index = at::arange(rows * columns, at::TensorOptions().dtype(at::kLong)).add(salt);
  const Tensor mixed = at::remainder(index.mul(7919).add(index.mul(index).remainder(10007).mul(104729)), 2003);
  return mixed.to(at::kDouble).div(1001.0).sub(1.0).view({rows, columns});
}

double maxOf(const Tensor &tensor) { return at::abs(tensor).max().item<double>(); }

} // namespace

const char *typeName(at::ScalarType type) { return type == at::kFloat ? "fp32" : type == at::kBFloat16 ? "bf16" : "fp16"; }

double allowedError(at::ScalarType type) { return type == at::kFloat ? 1e-5 : type == at::kBFloat16 ? 2e-2 : 4e-3; }

DtypeTrial tryDtype(at::ScalarType type, int64_t size, const at::Device &device) {
  DtypeTrial trial;
  trial.name = typeName(type);
  const Status ran = guarded("A trial product", [&] {
    const at::NoGradGuard noGradients;
    const Tensor x = pattern(size, size, 1).to(type).to(device), w = pattern(size, size, 77).to(type).to(device);
    Tensor y = matmulTransposed(x, w); // also warms up
    const Tensor exact = at::mm(x.cpu().to(at::kDouble), w.cpu().to(at::kDouble).t());
    trial.relativeError = maxOf(at::sub(y.cpu().to(at::kDouble), exact)) / maxOf(exact);
    double best = 1e30;
    const auto begin = std::chrono::steady_clock::now();
    for (int repetition = 0; repetition < 7; ++repetition) {
      const auto start = std::chrono::steady_clock::now();
      y = matmulTransposed(x, w);
      synchronize(device);
      const auto now = std::chrono::steady_clock::now();
      best = std::min(best, std::chrono::duration<double>(now - start).count());
      if (now - begin > std::chrono::milliseconds(250)) break;
    }
    const auto n = static_cast<double>(size);
    trial.gflops = 2 * n * n * n / best * 1e-9;
    if (device.is_cpu()) trial.path = matmulPath(type);
  });
  if (!ran.ok()) {
    trial.problem = ran.error().message;
  } else if (!(trial.relativeError <= allowedError(type))) {
    trial.problem = "The product is wrong by more than this type's precision explains.";
  }
  trial.usable = trial.problem.empty();
  return trial;
}

std::vector<DtypeTrial> probeDtypes(const at::Device &device) {
  if (!device.is_cpu())
    return {tryDtype(at::kFloat, 2048, device), tryDtype(at::kBFloat16, 2048, device), tryDtype(at::kHalf, 2048, device)};
  return {tryDtype(at::kFloat), tryDtype(at::kBFloat16), tryDtype(at::kHalf, 96)}; // fp16 can be a hundred times slower on a CPU
}

} // namespace attune::core
