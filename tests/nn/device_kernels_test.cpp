// Our kernels on an accelerator against the plain operators on it, in every storage type. Without a card nothing can be tried,
// and each case says so.
#include "core/nn/device_kernels.h"

#include "core/device/compute_device.h"
#include "core/nn/attention.h"
#include "core/nn/feed_forward.h"
#include "core/nn/flash_attention.h"
#include "core/nn/linear.h"
#include "core/nn/rms_norm.h"
#include "core/nn/rotary.h"
#include "core/nn/rotary_kernel.h"
#include "core/nn/token_loss.h"
#include "core/quant/quantised_matrix.h"
#include "tests/nn/nn_support.h"

#include <ATen/ops/tensor.h>
#include <cmath>
#include <map>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

const std::map<at::ScalarType, double> kTolerances{{at::kFloat, 3e-6}, {at::kHalf, 2e-3}, {at::kBFloat16, 1.6e-2}};

bool hasCard() {
  static const bool has = !accelerators().empty();
  if (!has) MESSAGE("no accelerator here: not tried");
  return has;
}

Tensor onCard(const Tensor &tensor) { return tensor.to(at::Device("cuda:0")); }

/// f on the card by our kernels against f in double by plain operators: values and gradients. `steps`: how often values are
/// rounded to the storage type on the way.
void check(const TensorFunction &f, const std::vector<Tensor> &inputs, double steps = 1.0) {
  for (const auto &[type, tolerance] : kTolerances) {
    CAPTURE(c10::toString(type));
    REQUIRE(device::problemWith(at::Device("cuda:0"), type) == "");
    std::vector<Tensor> narrow, wide;
    for (const Tensor &input : inputs) {
      narrow.push_back(onCard(input.to(type)));
      wide.push_back(narrow.back().to(at::kDouble));
    }
    const auto actual = valueAndGradients(f, narrow), expected = valueAndGradients(f, wide);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(relativeError(actual[i].cpu(), expected[i].cpu()) < tolerance * steps);
  }
}

} // namespace

TEST_CASE("on a card: norms, with and without a sum") {
  if (!hasCard()) return;
  for (const int64_t width : {64, 576, 4096})
    for (const bool plusOne : {false, true}) {
      CAPTURE(width);
      const Tensor weight = onCard(random({width}, 3));
      check([&](const auto &v) { return rmsNorm(v[0], weight.to(v[0].scalar_type()), 1e-5, plusOne); }, {random({9, width}, 1)});
      check(
          [&](const auto &v) {
            const auto [sum, y] = addRmsNorm(v[0], v[1], weight.to(v[0].scalar_type()), 1e-5, plusOne);
            return at::cat({sum, y}, 1);
          },
          {random({9, width}, 1), random({9, width}, 2)});
    }
}

TEST_CASE("on a card: norms of an fp32 sum beside fp16") {
  if (!hasCard()) return;
  for (const int64_t width : {64, 576, 4096})
    for (const bool plusOne : {false, true}) {
      CAPTURE(width);
      const Tensor weight = onCard(random({width}, 3).to(at::kHalf)),
                   delta = onCard(random({9, width}, 2).mul(2e4).clamp(-6e4, 6e4).to(at::kHalf));
      const Tensor residual = onCard(random({9, width}, 1).mul(6e4));
      const auto f = [&](const std::vector<Tensor> &v) {
        const auto [sum, y] = addRmsNorm(v[0], v[1], weight.to(v[1].scalar_type()), 1e-5, plusOne);
        const Tensor first = rmsNorm(v[0], weight.to(v[1].scalar_type()), 1e-5, plusOne);
        return at::cat({sum.mul(1e-5), y.to(sum.scalar_type()), first.to(sum.scalar_type())}, 1);
      };
      const auto actual = valueAndGradients(f, {residual, delta});
      const auto exact = valueAndGradients(f, {residual.to(at::kDouble), delta.to(at::kDouble)});
      for (size_t i = 0; i < exact.size(); ++i) CHECK(relativeError(actual[i].cpu(), exact[i].cpu()) < 3e-3);
      CHECK((actual[2].scalar_type() == at::kHalf));
    }
}

TEST_CASE("on a card: gated activations") {
  if (!hasCard()) return;
  for (const auto activation : {io::Activation::Silu, io::Activation::GeluTanh, io::Activation::Gelu})
    check([&](const auto &v) { return gatedActivation(v[0], activation); }, {random({7, 2 * 344}, 1)});
}

TEST_CASE("on a card: rotation, whole and partial heads, halves and pairs, strided") {
  if (!hasCard()) return;
  const at::Device card("cuda:0");
  for (const bool interleaved : {false, true})
    for (const int64_t turned : {64, 32}) {
      io::RopeConfig rope;
      rope.rotaryDims = turned;
      const RotaryTables tables = rotaryTables(rope, 64, 32, card, 0);
      const Tensor positions = at::arange(10, at::TensorOptions().dtype(at::kLong).device(card)).add(3);
      check(
          [&](const auto &v) {
            return applyRotary(v[0].view({10, 6, 64}).narrow(1, 1, 4), positions, tables, interleaved);
          },
          {random({10, 6 * 64}, 1)});
      Tensor x = onCard(random({10, 6, 64}, 5, at::kBFloat16)), turnedBack = x.clone();
      rotateInPlace(turnedBack, positions, tables, interleaved, false);
      rotateInPlace(turnedBack, positions, tables, interleaved, true);
      CHECK(relativeError(turnedBack.cpu(), x.cpu()) < 2e-2);
    }
}

TEST_CASE("on a card: the loss and its gradients, soft cap, several chunks") {
  if (!hasCard()) return;
  const Tensor targets = onCard(at::arange(70, at::TensorOptions().dtype(at::kLong)).mul(37).remainder(512));
  for (const double softcap : {0.0, 5.0})
    check(
        [&](const auto &v) {
          TokenLossOptions options;
          options.chunk = 32;
          options.softcap = softcap;
          return linearCrossEntropySum(v[0], v[1], targets, options);
        },
        {random({70, 64}, 1), random({512, 64}, 2)}, 2.0); // the logits, and then their gradient
}

TEST_CASE("on a card: packed attention in one call, grouped heads, window, ALiBi, segments of any length") {
  if (!hasCard()) return;
  for (const int kind : {0, 1, 2, 3}) {
    CAPTURE(kind);
    const int64_t heads = 4, kvHeads = kind == 1 ? 2 : 4, dim = 64, rows = 300;
    AttentionSpec spec;
    spec.segmentStarts = {0, 1, 130, 130, 300};
    if (kind == 2) spec.window = 33;
    if (kind == 3) spec.alibiSlopes = {0.84f, 0.25f, 0.07f, 0.0039f};
    std::vector<int64_t> places;
    for (size_t s = 0; s + 1 < spec.segmentStarts.size(); ++s)
      for (int64_t i = spec.segmentStarts[s]; i < spec.segmentStarts[s + 1]; ++i) places.push_back(i - spec.segmentStarts[s]);
    const Tensor positions = onCard(at::tensor(places, at::kLong));
    RotaryTables tables;
    if (kind != 3) {
      const Tensor angles = onCard(at::arange(rows, at::kFloat).unsqueeze(1).mul(at::arange(dim / 2, at::kFloat).mul(-0.2).exp()));
      tables = {angles.cos(), angles.sin()};
    }
    const Tensor input = onCard(random({rows, (heads + 2 * kvHeads) * dim}, 1, at::kBFloat16));
    REQUIRE(flashServes(input.view({rows, -1, dim}).narrow(1, 0, heads), kvHeads, spec));
    check(
        [&](const std::vector<Tensor> &v) {
          RotaryTables own = tables;
          if (own.cos.defined() && v[0].scalar_type() == at::kDouble) own = {own.cos.to(at::kDouble), own.sin.to(at::kDouble)};
          return packedAttention(v[0].clone(), heads, kvHeads, positions, own, false, spec);
        },
        {random({rows, (heads + 2 * kvHeads) * dim}, 1)}, 3.0);
  }
}

TEST_CASE("on a card: one query against a cache, grouped heads, window, soft cap, ALiBi") {
  if (!hasCard()) return;
  for (const auto &[type, tolerance] : kTolerances)
    for (const int kind : {0, 1, 2, 3}) {
      CAPTURE(kind);
      AttentionSpec spec;
      if (kind == 1) spec.window = 13;
      if (kind == 2) spec.softcap = 3.0;
      if (kind == 3) spec.alibiSlopes = {0.5f, 0.25f, 0.125f, 0.0625f};
      const Tensor q = onCard(random({1, 4, 64}, 1, type)), keys = onCard(random({2, 700, 64}, 2, type)),
                   values = onCard(random({2, 700, 64}, 3, type));
      for (const int64_t start : {0, 5, 600}) {
        const Tensor actual = attentionWithCache(q, keys, values, start, spec);
        const Tensor expected = attentionWithCache(q.to(at::kDouble), keys.to(at::kDouble), values.to(at::kDouble), start, spec);
        CHECK(relativeError(actual.cpu(), expected.cpu()) < tolerance);
      }
    }
}

TEST_CASE("on a card: quantised modules decode to the same bits, and multiply one row as decoded") {
  if (!hasCard()) return;
  for (const auto kind : {api::Quantization::Nf4, api::Quantization::Int8})
    for (const int64_t columns : {64, 96, 1024}) {
      CAPTURE(columns);
      const int64_t rows = 192;
      const Tensor values = random({rows, columns}, 5);
      auto made = QuantisedModule::make(kind, rows, columns);
      REQUIRE(made->encode(0, rows, values.data_ptr<float>()));
      made->finish();
      const Tensor host = at::empty({rows, columns});
      made->decodeInto(host);
      std::shared_ptr<QuantisedModule> module = std::move(made);
      for (Tensor *tensor : module->tensors()) *tensor = onCard(*tensor);
      for (const auto &[type, tolerance] : kTolerances) {
        const Tensor card = onCard(at::empty({rows, columns}, at::TensorOptions().dtype(type)));
        module->decodeInto(card);
        CHECK(card.cpu().equal(host.to(type)));
        const QuantisedMatrix matrix({{module, 0, nullptr}});
        const Tensor x = onCard(random({1, columns}, 6, type)), exact = x.cpu().to(at::kDouble).mm(host.to(at::kDouble).t());
        if (Tensor out; matrix.smallProduct(x, out)) CHECK(relativeError(out.cpu(), exact) < tolerance);
        CHECK(relativeError(matmulTransposed(x, card).cpu(), exact) < tolerance);
      }
    }
}
