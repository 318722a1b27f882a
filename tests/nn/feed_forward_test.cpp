#include "core/nn/feed_forward.h"

#include "tests/nn/nn_support.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/silu.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

Tensor naive(const Tensor &gateUp, io::Activation activation) {
  const auto halves = gateUp.chunk(2, 1);
  if (activation == io::Activation::Silu) return at::silu(halves[0]).mul(halves[1]);
  return at::gelu(halves[0], activation == io::Activation::GeluTanh ? "tanh" : "none").mul(halves[1]);
}

} // namespace

TEST_CASE("The gated activation equals libtorch's, values and gradients") {
  for (const auto activation : {io::Activation::Silu, io::Activation::GeluTanh, io::Activation::Gelu}) {
    for (const int64_t width : {1, 13, 64, 100}) {
      const Tensor x = random({7, 2 * width}, 5).mul(3.0);
      const auto expected = valueAndGradients([&](const auto &v) { return naive(v[0], activation); }, {x.to(at::kDouble)});
      for (const bool plain : {false, true}) {
        setPlainKernels(plain);
        const auto actual = valueAndGradients([&](const auto &v) { return gatedActivation(v[0], activation); }, {x});
        const auto narrow = valueAndGradients([&](const auto &v) { return gatedActivation(v[0], activation); }, {x.to(at::kBFloat16)});
        setPlainKernels(false);
        for (size_t i = 0; i < 2; ++i) {
          CHECK(relativeError(actual[i], expected[i]) < 1e-6);
          CHECK(relativeError(narrow[i], expected[i]) < 2e-2);
        }
      }
    }
  }
}

TEST_CASE("The gated activation's gradients equal finite differences and survive extremes") {
  for (const auto activation : {io::Activation::Silu, io::Activation::GeluTanh, io::Activation::Gelu}) {
    const auto f = [&](const std::vector<Tensor> &v) { return gatedActivation(v[0], activation); };
    CHECK(finiteDifferenceError(f, {random({4, 18}, 5)}) < 1e-7);
    Tensor extremes = at::zeros({1, 32});
    for (int64_t i = 0; i < 16; ++i) extremes[0][i].fill_(i % 2 ? 300.0 : -300.0);
    extremes.narrow(1, 16, 16).fill_(1.0);
    const auto values = valueAndGradients(f, {extremes});
    CHECK(values[0].isfinite().all().item<bool>());
    CHECK(values[1].isfinite().all().item<bool>());
  }
}
