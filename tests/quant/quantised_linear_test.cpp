// The linear layer on quantised weights against the same layer on the values they stand for.
#include "core/nn/checkpointing.h"
#include "core/nn/linear.h"
#include "core/quant/dequant_scope.h"
#include "core/quant/quantised_matrix.h"
#include "tests/nn/nn_support.h"
#include "tests/support/compute_limit.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

constexpr int64_t kIn = 64, kOut = 48;

std::shared_ptr<QuantisedModule> quantised(api::Quantization kind, const Tensor &w) {
  std::shared_ptr<QuantisedModule> module = QuantisedModule::make(kind, w.size(0), w.size(1));
  REQUIRE(module->encode(0, w.size(0), w.contiguous().data_ptr<float>()));
  module->finish();
  return module;
}

/// q of 24 rows, k of 8, v of 16, the last with its rows in another order.
std::shared_ptr<const QuantisedMatrix> packed(api::Quantization kind, int64_t in = kIn) {
  std::vector<int64_t> turned;
  for (int64_t i = 0; i < 16; ++i) turned.push_back((5 * i + 3) % 16);
  const auto order = std::make_shared<const std::vector<int64_t>>(turned);
  return std::make_shared<QuantisedMatrix>(std::vector<QuantisedMatrix::Part>{{quantised(kind, random({24, in}, 1).mul(0.2)), 0, nullptr},
                                                                              {quantised(kind, random({8, in}, 2)), 24, nullptr},
                                                                              {quantised(kind, random({16, in}, 3)), 32, order}});
}

std::vector<LoraSlice> slicesOf(const std::vector<Tensor> &v) { return {{v[2], v[3], 0.5, 0, 24}, {v[4], v[5], 2.0, 32, 48}}; }

std::vector<Tensor> inputsFor(int64_t rows, at::ScalarType type = at::kFloat) {
  std::vector<Tensor> inputs = {random({rows, kIn}, 11), random({kOut}, 12),   random({8, kIn}, 13),
                                random({24, 8}, 14),     random({3, kIn}, 15), random({16, 3}, 16)};
  for (Tensor &input : inputs) input = input.to(type);
  return inputs;
}

TensorFunction over(const Weight &weight, double dropout = 0.0) {
  return [weight, dropout](const std::vector<Tensor> &v) { return linear(v[0], weight, v[1], slicesOf(v), {dropout, 5}); };
}

const api::Quantization kKinds[] = {api::Quantization::Nf4, api::Quantization::Int8};

} // namespace

// To see it fail: lay the rows of the third part in the module's order.
TEST_CASE("A packed quantised matrix is its modules below each other, each quantised by itself") {
  for (const auto kind : kKinds) {
    const auto matrix = packed(kind);
    const Tensor whole = matrix->dense(at::kFloat);
    REQUIRE((whole.sizes() == at::IntArrayRef({kOut, kIn})));
    const auto &parts = matrix->parts();
    for (const auto &part : parts) {
      Tensor own = at::empty({part.module->rows(), kIn}, whole.options());
      part.module->decodeInto(own);
      for (int64_t row = 0; row < own.size(0); ++row) {
        const int64_t stored = part.storedRows ? (*part.storedRows)[static_cast<size_t>(row)] : row;
        CHECK(whole[part.rowBegin + row].equal(own[stored]));
      }
    }
    CHECK(relativeError(whole.narrow(0, 0, 24), random({24, kIn}, 1).mul(0.2)) < (kind == api::Quantization::Nf4 ? 0.2 : 0.01));
  }
}

// To see it fail: let backward use the weight of another matrix, or decode in another type.
TEST_CASE("A linear on quantised weights computes to the bit what it computes on their values, gradients too") {
  for (const auto kind : kKinds) {
    const auto matrix = packed(kind);
    for (const auto type : {at::kFloat, lowType(), at::kDouble}) {
      for (const double dropout : {0.0, 0.25}) {
        const auto inputs = inputsFor(9, type);
        const auto expected = valueAndGradients(over(matrix->dense(type), dropout), inputs);
        const auto actual = valueAndGradients(over(matrix, dropout), inputs);
        for (size_t i = 0; i < expected.size(); ++i) {
          INFO("output ", i);
          CHECK(actual[i].equal(expected[i]));
        }
      }
    }
    const auto plain = [&](const std::vector<Tensor> &v) { // spelled out, by libtorch's own gradients
      const Tensor y = v[0].matmul(matrix->dense(at::kDouble).t()).add(v[1]);
      const auto delta = [&](size_t a, double scale) { return v[0].matmul(v[a].t()).matmul(v[a + 1].t()).mul(scale); };
      return y.add(at::cat({delta(2, 0.5), at::zeros({y.size(0), 8}, y.options()), delta(4, 2.0)}, 1));
    };
    const auto inputs = inputsFor(9, at::kDouble);
    const auto expected = valueAndGradients(plain, inputs), actual = valueAndGradients(over(matrix), inputs);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(actual[i], expected[i]) < 1e-12);
    CHECK(finiteDifferenceError(over(matrix), inputs) < 1e-6);
    CHECK(finiteDifferenceError(over(matrix, 0.25), inputs) < 1e-6);
    const PlainScope forced;
    const auto byPlainOperators = valueAndGradients(over(matrix), inputsFor(9));
    for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(byPlainOperators[i], expected[i]) < 1e-5);
  }
}

// To see it fail: multiply with the module's rows in the file's order, or skip the rows behind the last whole tile.
TEST_CASE("The product of a few rows straight from the codes is that of their values") {
  for (const auto kind : kKinds) {
    for (const int64_t in : {kIn, int64_t(35)}) {
      const auto matrix = packed(kind, in);
      const Tensor values = matrix->dense(at::kDouble);
      for (int64_t rows = 1; rows <= 5; ++rows) {
        for (const auto type : {at::kFloat, lowType()}) {
          const Tensor x = random({rows, in}, 21).to(type);
          Tensor y;
          REQUIRE(matrix->smallProduct(x, y) == (rows <= 4));
          if (rows > 4) continue;
          CHECK((y.scalar_type() == type));
          CHECK(relativeError(y, x.to(at::kDouble).matmul(values.t())) < (type == at::kFloat ? 1e-6 : 4e-3));
        }
      }
    }
  }
}

// Silent bug 20: nothing but the time would tell. To see it fail: leave smallProduct() out of linear.cpp.
TEST_CASE("one row of a quantised linear is multiplied straight from the codes") {
  const at::NoGradGuard noGrad;
  for (const auto kind : kKinds) {
    const auto matrix = packed(kind);
    const Tensor x = random({1, kIn}, 31).to(lowType());
    Tensor straight;
    REQUIRE(matrix->smallProduct(x, straight));
    CHECK(linear(x, matrix, {}).equal(straight));
    CHECK_FALSE(linear(x, matrix->dense(lowType()), {}).equal(straight)); // whose weights are rounded to bf16
  }
}

// To see it fail: leave out the scope in checkpointing.cpp (three decodings), or clear() at its end (kept beyond it).
TEST_CASE("In a recomputed segment one decoding serves forward and backward, and nothing of it stays") {
  const auto matrix = packed(api::Quantization::Nf4);
  const auto inputs = inputsFor(9);
  std::shared_ptr<DecodedMatrices> seen;
  int segments = 0;
  std::vector<Tensor> leaves;
  for (const Tensor &input : inputs) leaves.push_back(leaf(input));
  const Segment segment = [&](const Tensor &x, bool) {
    ++segments;
    std::vector<Tensor> v = leaves;
    v[0] = x;
    const Tensor y = over(matrix)(v);
    if (segments == 2) {
      seen = DequantScope::current();
      REQUIRE(seen != nullptr);
      CHECK((seen->take(*matrix, at::kFloat).data_ptr() != nullptr));
      const Tensor kept = seen->keep(*matrix, at::kFloat);
      CHECK((seen->take(*matrix, at::kFloat).data_ptr() == kept.data_ptr())); // handed over once
      CHECK((seen->take(*matrix, at::kFloat).data_ptr() != kept.data_ptr())); // and decoded anew after that
      seen->keep(*matrix, at::kFloat);
    } else {
      CHECK(DequantScope::current() == nullptr);
    }
    return y;
  };
  const Tensor y = checkpointed(segment, leaves[0], {leaves.begin() + 1, leaves.end()});
  const auto gradients = torch::autograd::grad({y}, leaves, {random(y.sizes(), 77)});
  CHECK(segments == 2);
  CHECK(DequantScope::current() == nullptr);
  CHECK(seen->size() == 0);
  const auto expected = valueAndGradients(over(matrix->dense(at::kFloat)), inputs);
  for (size_t i = 0; i < gradients.size(); ++i) CHECK(gradients[i].equal(expected[i + 1]));
}
