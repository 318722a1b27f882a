// What the tests of core/nn share: random tensors, relative errors, gradients, finite differences, forcing plain operators.
#pragma once

#include "core/nn/kernel_policy.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/sum.h>
#include <doctest/doctest.h>
#include <functional>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

namespace attune::core::test {

/// Plain ATen operators as long as it lives.
struct PlainScope {
  PlainScope() { setPlainKernels(true); }
  ~PlainScope() { setPlainKernels(false); }
};

inline Tensor random(at::IntArrayRef shape, uint64_t seed, at::ScalarType type = at::kFloat) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble)).to(type);
}

inline Tensor leaf(const Tensor &t) { return t.detach().clone().requires_grad_(true); }

/// Largest difference over the largest value of `expected`, in double.
inline double relativeError(const Tensor &actual, const Tensor &expected) {
  REQUIRE(actual.sizes() == expected.sizes());
  if (expected.numel() == 0) return 0.0;
  const Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  const double scale = e.abs().max().item<double>();
  const double error = a.sub(e).abs().max().item<double>();
  if (!(error == error)) return 1e30;
  return scale > 1e-6 ? error / scale : error; // a reference that is zero up to rounding has no relative error
}

/// Mean of the signed differences over the mean size: near zero when rounding does not lean to one side.
inline double bias(const Tensor &actual, const Tensor &expected) {
  const Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  return a.sub(e).mean().item<double>() / e.abs().mean().item<double>();
}

using TensorFunction = std::function<Tensor(const std::vector<Tensor> &)>;

/// The value, then the gradients of sum(value * weights) with fixed random weights.
inline std::vector<Tensor> valueAndGradients(const TensorFunction &f, const std::vector<Tensor> &inputs) {
  std::vector<Tensor> leaves;
  for (const auto &input : inputs) leaves.push_back(leaf(input));
  const Tensor value = f(leaves);
  const Tensor weights =
      value.dim() == 0 ? at::ones({}, value.options()) : random(value.sizes(), 77).to(value.device(), value.scalar_type());
  auto gradients = torch::autograd::grad({value}, leaves, {weights});
  gradients.insert(gradients.begin(), value.detach());
  return gradients;
}

/// Analytic gradients against central differences in double, at a few elements of every input.
inline double finiteDifferenceError(const TensorFunction &f, const std::vector<Tensor> &inputs) {
  std::vector<Tensor> wide;
  for (const auto &input : inputs) wide.push_back(input.to(at::kDouble));
  const auto analytic = valueAndGradients(f, wide);
  const auto scalar = [&](const std::vector<Tensor> &values) {
    at::NoGradGuard guard;
    const Tensor value = f(values);
    const Tensor weights =
        value.dim() == 0 ? at::ones({}, value.options()) : random(value.sizes(), 77).to(value.device(), value.scalar_type());
    return value.mul(weights).sum().item<double>();
  };
  double worst = 0.0;
  const double h = 1e-5;
  for (size_t i = 0; i < wide.size(); ++i) {
    const double scale = analytic[i + 1].abs().max().item<double>() + 1e-12;
    const int64_t count = wide[i].numel(), stride = std::max<int64_t>(1, count / 11);
    for (int64_t e = 0; e < count; e += stride) {
      auto moved = wide;
      moved[i] = wide[i].clone();
      moved[i].view({-1})[e].add_(h);
      for (size_t k = 0; k < moved.size(); ++k) {
        if (k != i) moved[k] = wide[k].clone();
      }
      auto back = moved;
      back[i] = wide[i].clone();
      back[i].view({-1})[e].sub_(h);
      const double up = scalar(moved);
      for (size_t k = 0; k < back.size(); ++k) {
        if (k != i) back[k] = wide[k].clone();
      }
      const double slope = (up - scalar(back)) / (2.0 * h);
      worst = std::max(worst, std::abs(slope - analytic[i + 1].reshape({-1})[e].item<double>()) / scale);
    }
  }
  return worst;
}

/// Our kernels against the same function in double through plain operators: values and all gradients.
inline void checkAgainstDouble(const TensorFunction &f, const std::vector<Tensor> &inputs, double tolerance) {
  std::vector<Tensor> wide;
  for (const auto &input : inputs) wide.push_back(input.to(at::kDouble));
  const auto expected = valueAndGradients(f, wide);
  const auto actual = valueAndGradients(f, inputs);
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO("output ", i);
    CHECK(relativeError(actual[i], expected[i]) < tolerance);
  }
}

} // namespace attune::core::test
