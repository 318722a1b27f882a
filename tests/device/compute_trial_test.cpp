// Trials of products, of types and of fused attention, with wrong ones among them.
#include "core/device/compute_device.h"
#include "core/device/compute_limits.h"
#include "core/device/dtype_policy.h"
#include "core/nn/attention_choice.h"
#include "core/nn/attention_trial.h"
#include "core/nn/linear.h"
#include "core/nn/sliced_attention.h"
#include "tests/nn/nn_support.h"
#include "tests/support/compute_limit.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

io::ModelConfig smallModel() {
  io::ModelConfig model;
  model.hidden = 192;
  model.intermediate = 320;
  model.heads = 6;
  model.kvHeads = 2;
  model.headDim = 32;
  model.vocab = 1000;
  return model;
}

DtypeTrial trial(const char *name, double gflops, bool usable = true) {
  DtypeTrial made;
  made.name = name;
  made.usable = usable;
  made.gflops = gflops;
  return made;
}

using Types = std::vector<at::ScalarType>;

/// Attention by the whole matrix of scores.
Tensor naiveAttention(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec, bool causal = true) {
  std::vector<Tensor> parts;
  const int64_t group = q.size(1) / k.size(1);
  for (size_t s = 0; s + 1 < spec.segmentStarts.size(); ++s) {
    const int64_t begin = spec.segmentStarts[s], count = spec.segmentStarts[s + 1] - begin;
    const auto rows = [&](const Tensor &t, int64_t times) { return t.narrow(0, begin, count).repeat_interleave(times, 1).transpose(0, 1); };
    Tensor scores = at::matmul(rows(q, 1), rows(k, group).transpose(1, 2)).mul(1.0 / std::sqrt(static_cast<double>(q.size(2))));
    if (causal) scores = scores.masked_fill(at::ones({count, count}, scores.options().dtype(at::kBool)).triu(1), -INFINITY);
    parts.push_back(at::matmul(at::softmax(scores, -1), rows(v, group)).transpose(0, 1));
  }
  return at::cat(parts, 0);
}

} // namespace

TEST_CASE("a model's products are tried in its own shapes, and every wrong one is found") {
  const auto shapes = productShapes(smallModel());
  REQUIRE(shapes.size() == 5); // q|k|v, out, gate|up, down, head
  CHECK(shapes[0].outputs == 320);
  const int64_t rows = 37;
  CHECK(problemWithProducts(shapes, rows, at::kFloat, at::kCPU) == "");
  if (computeLimits().bf16) CHECK(problemWithProducts(shapes, rows, at::kBFloat16, at::kCPU) == "");
  if (computeLimits().fp16) CHECK(problemWithProducts(shapes, rows, at::kHalf, at::kCPU) == "");

  const auto wrongBy = [&](const std::function<void(Tensor &, const Tensor &weight)> &spoil, bool inBackward) {
    ProductFunctions functions = ProductFunctions::own();
    auto &spoilt = inBackward ? functions.backward : functions.forward;
    spoilt = [spoil, right = spoilt](const Tensor &x, const Tensor &weight) {
      Tensor y = right(x, weight);
      spoil(y, weight);
      return y;
    };
    return problemWithProducts(shapes, rows, at::kFloat, at::kCPU, functions);
  };
  for (const bool backward : {false, true}) {
    const std::string one = wrongBy(
        [](Tensor &y, const Tensor &w) {
          if (w.size(0) == 1000) y[5][7] = NAN;
        },
        backward);
    CHECK(one.find("1000 x 192") != std::string::npos); // one value of one shape
    CHECK(wrongBy([](Tensor &y, const Tensor &) { y.narrow(1, y.size(1) * 3 / 4, y.size(1) / 4).zero_(); }, backward) != "");
    CHECK(wrongBy([](Tensor &y, const Tensor &) { y.narrow(0, y.size(0) - 1, 1).mul_(1.001); }, backward) != ""); // the last row alone
    CHECK(wrongBy([](Tensor &y, const Tensor &) { y.mul_(1 + 1e-3); }, backward) != "");                          // as TF32 would
  }
  ProductFunctions throwing = ProductFunctions::own();
  throwing.forward = [](const Tensor &, const Tensor &) -> Tensor { throw std::runtime_error("no such kernel"); };
  CHECK(problemWithProducts(shapes, rows, at::kFloat, at::kCPU, throwing).find("no such kernel") != std::string::npos);
}

// Silent bug 20: emulated bf16. To see it fail: take bf16 wherever it runs.
TEST_CASE("silent bug 20: auto ranks types by trial: bf16 where it is fast, fp16 where bf16 is emulated or wrong, else fp32") {
  CHECK(rankTypes({trial("fp32", 100), trial("bf16", 105)}) == Types{at::kFloat}); // noise of a busy machine
  CHECK(rankTypes({trial("fp32", 100), trial("bf16", 60), trial("fp32", 90), trial("bf16", 140)}) == Types{at::kBFloat16, at::kFloat});
  CHECK(rankTypes({trial("fp32", 50), trial("bf16", 700), trial("fp16", 720)}) == Types{at::kBFloat16, at::kHalf, at::kFloat});
  CHECK(rankTypes({trial("fp32", 13), trial("bf16", 6), trial("fp16", 25)}) == Types{at::kHalf, at::kFloat}); // gfx906
  CHECK(rankTypes({trial("fp32", 4), trial("bf16", 8), trial("fp16", 30)}) == Types{at::kHalf, at::kBFloat16, at::kFloat});
  CHECK(rankTypes({trial("fp32", 50), trial("bf16", 700, false), trial("fp16", 700)}) == Types{at::kHalf, at::kFloat});
  CHECK(rankTypes({trial("fp32", 50), trial("bf16", 700, false), trial("fp16", 700, false)}) == Types{at::kFloat});
}

TEST_CASE("a type that computes wrongly is passed over with its reason, and when none is left the reason is the error") {
  const auto wrong = [](const Types &types) {
    return [types](at::ScalarType type) -> std::string {
      return std::find(types.begin(), types.end(), type) != types.end() ? std::string("wrong in ") + typeName(type) : "";
    };
  };
  std::vector<std::string> problems;
  CHECK((*firstProven({at::kBFloat16, at::kHalf, at::kFloat}, wrong({at::kBFloat16}), problems) == at::kHalf));
  CHECK(problems == std::vector<std::string>{"wrong in bf16"});
  problems.clear();
  const auto none = firstProven({at::kHalf}, wrong({at::kHalf}), problems);
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == ErrorCode::DeviceFailed);
  CHECK(none.error().message.find("wrong in fp16") != std::string::npos);
}

TEST_CASE("fused attention is taken by trial: right, or the reason") {
  for (const at::ScalarType type : {at::kFloat, at::kHalf})
    for (const bool grouped : {false, true}) {
      if (type == at::kHalf && !computeLimits().fp16) continue;
      CHECK(*tryFusedAttention(fusedAttention, {type, 32, grouped}, at::kCPU) == "");
    }
  const AttentionShape shape{at::kFloat, 32, true};
  const auto naive = [](const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
    return naiveAttention(q, k, v, spec);
  };
  CHECK(*tryFusedAttention(naive, shape, at::kCPU) == ""); // memory is not watched on the CPU
  const auto seesAhead = [](const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
    return naiveAttention(q, k, v, spec, false);
  };
  CHECK(*tryFusedAttention(seesAhead, shape, at::kCPU) != "");
  const auto joins = [](const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
    AttentionSpec one = spec;
    one.segmentStarts = {0, spec.segmentStarts.back()};
    return naiveAttention(q, k, v, one);
  };
  CHECK(*tryFusedAttention(joins, shape, at::kCPU) != "");
  const auto noGradient = [](const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
    return naiveAttention(q, k, v.detach(), spec).add(v.sum().mul(0.0));
  };
  CHECK(*tryFusedAttention(noGradient, shape, at::kCPU) != "");
  const auto throwing = [](const Tensor &, const Tensor &, const Tensor &, const AttentionSpec &) -> Tensor {
    throw std::runtime_error("no kernel for this");
  };
  CHECK(tryFusedAttention(throwing, shape, at::kCPU)->find("no kernel for this") != std::string::npos);
}

// Silent bug 20: a silent fallback. To see it fail: let picksSliced ask only the tensor.
TEST_CASE("silent bug 20: sliced attention is taken where it is forced, and forbidden types are not multiplied") {
  const Tensor q = random({4, 2, 8}, 1).to(at::kDouble); // no loops of ours, so fused without a limit
  AttentionSpec spec;
  spec.segmentStarts = {0, 4};
  {
    const ComputeLimit none({});
    CHECK_FALSE(picksSliced(q, 2, spec));
    AttentionSpec sliced = spec;
    sliced.kind = AttentionKind::Sliced;
    CHECK(picksSliced(q, 2, sliced));
  }
  ComputeLimits like906;
  like906.plainOnly = like906.slicedOnly = true;
  like906.bf16 = false;
  const ComputeLimit limit(like906);
  AttentionSpec fused = spec;
  fused.kind = AttentionKind::Fused;
  CHECK(picksSliced(q, 2, spec));
  CHECK(picksSliced(q, 2, fused));
  const Tensor x = random({6, 8}, 2);
  CHECK_THROWS(matmulTransposed(x.to(at::kBFloat16), x.to(at::kBFloat16)));
  CHECK_NOTHROW(matmulTransposed(x.to(at::kHalf), x.to(at::kHalf)));
  CHECK((autoComputeType() == at::kFloat));
  CHECK_FALSE(tryDtype(at::kBFloat16, 64).usable);
}

TEST_CASE("on a card: types and attention are proven by trial, and a fallback to the matrix of scores is noticed") {
  if (accelerators().empty()) {
    MESSAGE("no accelerator here: not tried");
    return;
  }
  const at::Device card("cuda:0");
  io::ModelConfig model = smallModel();
  model.hidden = model.intermediate = 4096;
  model.vocab = 125696;
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    CAPTURE(typeName(type));
    CHECK(problemWithProducts(productShapes(model), 2048, type, card) == "");
    for (const bool grouped : {false, true}) CHECK(*tryFusedAttention(fusedAttention, {type, 128, grouped}, card) == "");
  }
  const auto naive = [](const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
    return naiveAttention(q, k, v, spec);
  };
  CHECK(tryFusedAttention(naive, {at::kFloat, 64, false}, card)->find("matrix of scores") != std::string::npos);
  CHECK((autoTypes(card).back() == at::kFloat));
}
