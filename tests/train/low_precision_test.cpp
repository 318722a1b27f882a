// What training in bf16 must not do to small updates, on a real decoder of the smallest size.
#include "core/model/transformer_model.h"
#include "core/train/optimizer.h"
#include "tests/support/compute_limit.h"
#include "tests/support/tiny_model.h"

#include <ATen/TensorOperators.h>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;
using namespace attune::test;

namespace {

/// How far the B matrices move in one step of rate 1e-5, from B values where a bf16 sum would swallow the step.
double movedB(const std::string &modelPath, at::ScalarType compute) {
  TrainingSetup setup;
  setup.lora.rank = 4;
  setup.compute = compute;
  auto model = TransformerModel::open(modelPath, setup);
  REQUIRE(model.ok());
  const data::MicroBatch batch =
      data::MicroBatch{{3, 9, 14, 7, 21, 30, 8}, {0, 1, 2, 3, 4, 5, 6}, {0, 7}, {0, 1, 2, 3, 4, 5}, {9, 14, 7, 21, 30, 8}};
  Optimizer optimizer((*model)->parameters(), {});
  std::vector<Tensor> before;
  {
    const at::NoGradGuard noGradients;
    for (NamedParameter &p : (*model)->parameters()) {
      if (p.isLoraB) p.tensor.add_(0.01);
      before.push_back(p.tensor.detach().clone());
    }
  }
  (*model)->parametersChanged();
  (*model)->forwardBackward(batch, 1.0 / 6.0, {});
  optimizer.step(1e-5);
  double squares = 0;
  const auto parameters = (*model)->parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    CHECK((parameters[i].tensor.scalar_type() == at::kFloat));
    if (parameters[i].isLoraB) squares += (parameters[i].tensor.detach() - before[i]).to(at::kDouble).pow(2).sum().item<double>();
  }
  return std::sqrt(squares);
}

} // namespace

// Silent bug 8. To see it fail: keep the adapter's masters in the compute type (makeLora with kBFloat16): at B = 0.01 a bf16
// value only moves in steps of 6e-5, so an update of 1e-5 vanishes.
TEST_CASE("one small step moves B in bf16 training as far as in fp32") {
  const TempFolder folder;
  writeTinyModel(folder);
  const double exact = movedB(folder.path(), at::kFloat);
  CHECK(exact > 0);
  CHECK(movedB(folder.path(), lowType()) == doctest::Approx(exact).epsilon(0.01));
}
