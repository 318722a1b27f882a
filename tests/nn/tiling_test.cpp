// A row-wise segment over tiles against the same in one piece: values, gradients of input and parameters.
#include "core/nn/tiling.h"

#include "core/nn/feed_forward.h"
#include "core/nn/linear.h"
#include "tests/nn/nn_support.h"

#include <ATen/ops/equal.h>
#include <vector>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

/// down(gate(x)) with weights that train, and how many rows each call saw.
struct FeedForward {
  std::vector<int64_t> calls;
  int64_t starts = 0;
  Tensor operator()(const std::vector<Tensor> &v, int64_t rows, bool again) {
    const RowSegment segment = [this, gateUp = v[1], down = v[2], whole = v[0].size(0)](const Tensor &x, int64_t first, bool readsNothing) {
      CHECK(first == starts % whole);
      starts += x.size(0);
      calls.push_back(x.size(0));
      return linear(gatedActivation(linear(x, gateUp, {}), io::Activation::Silu), down, {}, {}, {},
                    readsNothing ? Use::Gradient : Use::Value);
    };
    return tiled(segment, v[0], {v[1], v[2]}, rows, again);
  }
};

} // namespace

TEST_CASE("tiles give the values and gradients of one piece, whatever is left for the last") {
  const std::vector<Tensor> inputs = {random({11, 6}, 1, at::kDouble), random({10, 6}, 2, at::kDouble), random({6, 5}, 3, at::kDouble)};
  FeedForward whole;
  const auto expected = valueAndGradients([&](const std::vector<Tensor> &v) { return whole(v, 100, false); }, inputs);
  for (const int64_t rows : {1, 4, 10, 11}) {
    CAPTURE(rows);
    FeedForward pieces;
    const auto actual = valueAndGradients([&](const std::vector<Tensor> &v) { return pieces(v, rows, false); }, inputs);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(actual[i], expected[i]) < 1e-14);
    for (const int64_t seen : pieces.calls) CHECK(seen <= rows);
    CHECK(pieces.calls.size() == size_t(2 * ((11 + rows - 1) / rows))); // once for the values, once for the gradients
  }
}

TEST_CASE("where nobody reads the values only the gradients are computed") {
  std::vector<Tensor> inputs = {random({9, 6}, 1, at::kDouble), random({10, 6}, 2, at::kDouble), random({6, 5}, 3, at::kDouble)};
  const Tensor grad = random({9, 6}, 4, at::kDouble);
  std::vector<Tensor> found[2];
  for (const bool again : {false, true}) {
    for (Tensor &input : inputs) input = input.detach().clone().requires_grad_(true);
    FeedForward pieces;
    const Tensor out = pieces(inputs, 4, again);
    CHECK(pieces.calls.size() == (again ? 0u : 3u));
    out.backward(grad);
    for (const Tensor &input : inputs) found[again].push_back(input.grad().clone());
  }
  for (size_t i = 0; i < 3; ++i) CHECK(at::equal(found[0][i], found[1][i]));
}
