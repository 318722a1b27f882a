#include "core/nn/rms_norm.h"

#include "tests/nn/nn_support.h"
#include "tests/support/compute_limit.h"
#include "tests/support/model_fixture.h"

#include <ATen/ops/mean.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/zeros_like.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

/// The formula by autograd.
Tensor naive(const Tensor &x, const Tensor &weight, double eps, bool plusOne) {
  const Tensor normed = x.mul(at::rsqrt(x.mul(x).mean(-1, true).add(eps)));
  return normed.mul(plusOne ? weight.add(1.0) : weight);
}

} // namespace

TEST_CASE("rmsNorm equals the spelled-out formula, values and gradients") {
  for (const int64_t width : {3, 7, 64, 576, 577}) {
    for (const bool plusOne : {false, true}) {
      const std::vector<Tensor> inputs{random({9, width}, 1), random({width}, 2)};
      std::vector<Tensor> wide{inputs[0].to(at::kDouble), inputs[1].to(at::kDouble)};
      const auto expected = valueAndGradients([&](const auto &v) { return naive(v[0], v[1], 1e-5, plusOne); }, wide);
      for (const bool plain : {false, true}) {
        setPlainKernels(plain);
        const auto actual = valueAndGradients([&](const auto &v) { return rmsNorm(v[0], v[1], 1e-5, plusOne); }, inputs);
        setPlainKernels(false);
        for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(actual[i], expected[i]) < 2e-6);
      }
    }
  }
}

TEST_CASE("rmsNorm's gradients equal finite differences") {
  const auto f = [](const std::vector<Tensor> &v) { return rmsNorm(v[0], v[1], 1e-6, true); };
  CHECK(finiteDifferenceError(f, {random({5, 12}, 1), random({12}, 2)}) < 1e-7);
}

TEST_CASE("addRmsNorm returns the sum and its norm and adds both gradients") {
  const std::vector<Tensor> inputs{random({6, 100}, 1), random({6, 100}, 2), random({100}, 3)};
  const auto f = [](const std::vector<Tensor> &v) {
    const auto [sum, y] = addRmsNorm(v[0], v[1], v[2], 1e-5);
    return at::cat({sum, y}, 1);
  };
  const auto reference = [](const std::vector<Tensor> &v) {
    const Tensor sum = v[0].add(v[1]);
    return at::cat({sum, naive(sum, v[2], 1e-5, false)}, 1);
  };
  std::vector<Tensor> wide;
  for (const auto &t : inputs) wide.push_back(t.to(at::kDouble));
  const auto expected = valueAndGradients(reference, wide);
  for (const bool plain : {false, true}) {
    setPlainKernels(plain);
    const auto actual = valueAndGradients(f, inputs);
    setPlainKernels(false);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(actual[i], expected[i]) < 2e-6);
  }
  // Only one of the two outputs used: the other's gradient is absent, not zero-filled memory.
  const Tensor a = leaf(inputs[0]), b = leaf(inputs[1]), w = leaf(inputs[2]);
  const auto [sum, y] = addRmsNorm(a, b, w, 1e-5);
  const auto onlySum = torch::autograd::grad({sum}, {a, b}, {at::ones_like(sum)});
  CHECK(relativeError(onlySum[0], at::ones_like(a)) == 0.0);
  const auto [sum2, y2] = addRmsNorm(a, b, w, 1e-5);
  const auto onlyNorm = torch::autograd::grad({y2}, {a, w}, {at::ones_like(y2)});
  const Tensor s = leaf(inputs[0].add(inputs[1]).to(at::kDouble)), w2 = leaf(inputs[2].to(at::kDouble));
  const Tensor n = naive(s, w2, 1e-5, false);
  const auto want = torch::autograd::grad({n}, {s, w2}, {at::ones_like(n)});
  CHECK(relativeError(onlyNorm[0], want[0]) < 2e-6);
  CHECK(relativeError(onlyNorm[1], want[1]) < 2e-6);
}

// Also on $ATTUNE_TEST_DEVICE. To see it fail: norm the residual alone and let autograd add the two gradients.
TEST_CASE("addRmsNorm without anything to add hands the residual on and rounds its gradient once, also on a card") {
  for (const auto type : {at::kFloat, lowType()}) {
    for (const bool plain : {false, true}) {
      for (const bool trains : {false, true}) { // the weight
        const auto made = [&](const Tensor &values) { return values.to(testDevice()).to(type); };
        const Tensor x = leaf(made(random({7, 96}, 1))), y = leaf(x), w = made(random({96}, 2)).requires_grad_(trains);
        const std::vector<Tensor> gradients{made(random({7, 96}, 3)), made(random({7, 96}, 4))};
        const auto wanted = [&](const Tensor &of) { return trains ? std::vector<Tensor>{of, w} : std::vector<Tensor>{of}; };
        setPlainKernels(plain);
        const auto [sum, normed] = addRmsNorm(x, Tensor(), w, 1e-5);
        const auto alone = torch::autograd::grad({sum, normed}, wanted(x), gradients);
        const auto [sum2, normed2] = addRmsNorm(y, at::zeros_like(y), w, 1e-5);
        const auto added = torch::autograd::grad({sum2, normed2}, wanted(y), gradients);
        setPlainKernels(false);
        CHECK(sum.data_ptr() == x.data_ptr()); // no copy
        CHECK(sum.equal(sum2));
        CHECK(normed.equal(normed2));
        for (size_t i = 0; i < alone.size(); ++i) CHECK(alone[i].equal(added[i]));
      }
    }
  }
}

// The residual of fp16. To see it fail: let the norm have the sum's type, or the sum the delta's.
TEST_CASE("an fp32 sum beside fp16: nothing overflows, the norm is fp16, and gradients come in each one's type") {
  const Tensor residual = random({9, 64}, 1).mul(6e4), delta = random({9, 64}, 2).mul(2e4).clamp(-6e4, 6e4).to(at::kHalf);
  const Tensor weight = random({64}, 3).abs().add(0.5).to(at::kHalf);
  const auto f = [](const std::vector<Tensor> &v) {
    const auto [sum, y] = addRmsNorm(v[0], v[1], v[2], 1e-5);
    return at::cat({sum.mul(1e-5), y.to(sum.scalar_type())}, 1);
  };
  const auto actual = valueAndGradients(f, {residual, delta, weight});
  const auto exact = valueAndGradients(f, {residual.to(at::kDouble), delta.to(at::kDouble), weight.to(at::kDouble)});
  for (size_t i = 0; i < exact.size(); ++i) CHECK(relativeError(actual[i], exact[i]) < 3e-3);
  CHECK(actual[0].abs().max().item<double>() > 0.65504); // such a sum is no fp16 number
  CHECK((actual[1].scalar_type() == at::kFloat));
  CHECK((actual[2].scalar_type() == at::kHalf));
  CHECK((rmsNorm(residual, weight, 1e-5).scalar_type() == at::kHalf));
}

TEST_CASE("rmsNorm in bf16 stays near fp32 without bias") {
  const Tensor x = random({64, 576}, 1).to(at::kBFloat16), w = random({576}, 2).abs().add(0.5).to(at::kBFloat16);
  const auto f = [](const std::vector<Tensor> &v) { return rmsNorm(v[0], v[1], 1e-5); };
  const auto wide = valueAndGradients(f, {x.to(at::kFloat), w.to(at::kFloat)});
  for (const bool plain : {false, true}) {
    setPlainKernels(plain);
    const auto narrow = valueAndGradients(f, {x, w});
    setPlainKernels(false);
    for (size_t i = 0; i < wide.size(); ++i) CHECK(relativeError(narrow[i], wide[i]) < 2e-2);
    CHECK(std::abs(bias(narrow[0], wide[0])) < 1e-3);
  }
}
