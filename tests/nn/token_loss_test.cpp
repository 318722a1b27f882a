#include "core/nn/token_loss.h"

#include "tests/nn/nn_support.h"
#include "tests/support/compute_limit.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/tanh.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

Tensor targetsFor(int64_t rows, int64_t vocab) {
  return at::arange(rows, at::TensorOptions().dtype(at::kLong)).mul(31).add(5).remainder(vocab);
}

Tensor naive(const Tensor &hidden, const Tensor &head, const Tensor &targets, double softcap) {
  Tensor logits = hidden.matmul(head.t());
  if (softcap > 0.0) logits = logits.div(softcap).tanh().mul(softcap);
  return at::nll_loss(at::log_softmax(logits, 1), targets, {}, at::Reduction::Sum);
}

} // namespace

TEST_CASE("The chunked loss and both gradients equal log-softmax over all rows") {
  for (const int64_t vocab : {3, 100, 257}) {
    for (const int64_t chunk : {0, 1, 7}) {
      for (const double softcap : {0.0, 5.0}) {
        const std::vector<Tensor> inputs{random({23, 48}, 1), random({vocab, 48}, 2)};
        const Tensor targets = targetsFor(23, vocab);
        const auto expected = valueAndGradients([&](const auto &v) { return naive(v[0], v[1], targets, softcap); },
                                                {inputs[0].to(at::kDouble), inputs[1].to(at::kDouble)});
        const std::vector<Tensor> rounded{inputs[0].to(lowType()), inputs[1].to(lowType())};
        const auto expectedRounded = valueAndGradients([&](const auto &v) { return naive(v[0], v[1], targets, softcap); },
                                                       {rounded[0].to(at::kDouble), rounded[1].to(at::kDouble)});
        for (const bool plain : {false, true}) {
          setPlainKernels(plain);
          const auto f = [&](const auto &v) { return linearCrossEntropySum(v[0], v[1], targets, {chunk, softcap}); };
          const auto actual = valueAndGradients(f, inputs);
          const auto narrow = valueAndGradients(f, rounded);
          setPlainKernels(false);
          for (size_t i = 0; i < expected.size(); ++i) {
            CHECK(relativeError(actual[i], expected[i]) < 2e-6);
            CHECK(relativeError(narrow[i], expectedRounded[i]) < 2e-2);
          }
        }
      }
    }
  }
}

TEST_CASE("The loss survives large logits, gives no head gradient unasked, and scales its gradient exactly") {
  const Tensor hidden = leaf(random({10, 32}, 1).mul(100.0)), head = random({64, 32}, 2);
  const Tensor targets = targetsFor(10, 64);
  const Tensor loss = linearCrossEntropySum(hidden, head, targets);
  CHECK(std::isfinite(loss.item<double>()));
  CHECK((loss.scalar_type() == at::kFloat));
  const auto once = torch::autograd::grad({loss}, {hidden}, {at::ones({})}, true)[0];
  const auto scaled = torch::autograd::grad({loss}, {hidden}, {at::ones({}).mul(0.125)})[0];
  CHECK(relativeError(scaled, once.mul(0.125)) == 0.0);
  at::NoGradGuard guard;
  CHECK(linearCrossEntropySum(hidden, head, targets).item<float>() == loss.item<float>());
  CHECK(linearCrossEntropySum(hidden.narrow(0, 0, 0), head, targets.narrow(0, 0, 0)).item<float>() == 0.0f);
}

TEST_CASE("The loss's gradients equal finite differences") {
  const Tensor targets = targetsFor(6, 11);
  for (const double softcap : {0.0, 3.0}) {
    const auto f = [&](const std::vector<Tensor> &v) { return linearCrossEntropySum(v[0], v[1], targets, {4, softcap}); };
    CHECK(finiteDifferenceError(f, {random({6, 5}, 1), random({11, 5}, 2)}) < 1e-7);
  }
}
