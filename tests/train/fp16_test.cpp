// Training in fp16 on a real decoder of the smallest size. Users are refused it on the CPU, where it is slow; here it shows that
// the path is right.
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/model/transformer_model.h"
#include "core/train/run_training.h"
#include "tests/support/compute_limit.h"
#include "tests/support/run_fixture.h"
#include "tests/support/tiny_model.h"

#include <ATen/TensorOperators.h>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::test;

namespace {

const data::MicroBatch kBatch{{3, 9, 14, 7, 21, 30, 8}, {0, 1, 2, 3, 4, 5, 6}, {0, 7}, {0, 1, 2, 3, 4, 5}, {9, 14, 7, 21, 30, 8}};

struct Pass {
  double loss = 0;
  Tensor gradients; // of the adapter, as one row
};

/// Loss and gradients of a decoder that keeps two columns of its residual beyond what fp16 holds: each token brings +-60000, and
/// the layers add thousands to one of them.
Pass outgrownPass(const std::string &path, at::ScalarType compute, RecomputePolicy policy) {
  TrainingSetup setup;
  setup.lora.rank = 4;
  setup.compute = compute;
  setup.recompute = policy;
  auto model = TransformerModel::open(path, setup);
  REQUIRE(model.ok());
  {
    const at::NoGradGuard noGradients;
    DecoderWeights weights = (*model)->weights();
    weights.embedding.dense().select(1, 0).fill_(60000);
    weights.embedding.dense().select(1, 1).fill_(-60000);
    for (LayerWeights &layer : weights.layers) {
      for (const int64_t row : {0, 1}) layer.down.dense()[row].fill_(2000);
      for (Tensor *norm : {&layer.inputNorm, &layer.postNorm}) norm->narrow(0, 2, 14).fill_(20000); // the rest still counts
    }
    weights.finalNorm.narrow(0, 2, 14).fill_(20000);
    weights.finalNorm.narrow(0, 0, 2).fill_(0);
    for (NamedParameter &p : (*model)->parameters())
      if (p.isLoraB) p.tensor.copy_(at::arange(p.tensor.numel(), at::kFloat).sin().mul(0.02).view(p.tensor.sizes()));
  }
  (*model)->parametersChanged();
  Pass pass;
  pass.loss = (*model)->forwardBackward(kBatch, 1024.0 / 6.0, {}) / 6.0;
  std::vector<Tensor> all;
  for (const NamedParameter &p : (*model)->parameters()) all.push_back(p.tensor.grad().reshape({-1}) / 1024.0);
  pass.gradients = at::cat(all);
  return pass;
}

Result<TrainingResult> train(const TinyRunFiles &files, api::EventSink &sink, const std::vector<std::string> &settings,
                             int64_t stopAfter = 0, bool resume = false) {
  TrainingRequest request;
  if (resume)
    request.run.resume = true;
  else
    request.run.config = api::loadRunConfig(files.run, settings).value();
  request.run.folder = files.out;
  request.run.stopAfter = stopAfter;
  RunControl control;
  return runTraining(request, sink, control);
}

ComputeLimits withCpuFp16() {
  ComputeLimits limits = computeLimits();
  limits.fp16OnCpu = true;
  return limits;
}

} // namespace

// To see it fail (11c): keep the residual in fp16 (widens() in transformer.cpp): the loss is no number.
TEST_CASE("fp16: a residual that outgrows 65504 is carried in fp32, and gradients are those of fp32") {
  if (!computeLimits().fp16) return;
  const TempFolder folder;
  writeTinyModel(folder);
  for (const RecomputePolicy policy : {RecomputePolicy::None, RecomputePolicy::FeedForward, RecomputePolicy::Layer}) {
    CAPTURE(static_cast<int>(policy));
    const Pass exact = outgrownPass(folder.path(), at::kFloat, policy), half = outgrownPass(folder.path(), at::kHalf, policy);
    REQUIRE(std::isfinite(exact.loss));
    CHECK(half.loss == doctest::Approx(exact.loss).epsilon(0.01));
    const double distance = ((half.gradients - exact.gradients).norm() / exact.gradients.norm()).item<double>();
    CHECK(distance < 0.05);
  }
}

TEST_CASE("fp16: a weight that it cannot hold is refused by name") {
  const TempFolder folder;
  writeTinyModel(folder);
  const std::string path = folder.path() + "/model.safetensors";
  std::string bytes = *readFile(path);
  const float large = 1e5f;
  bytes.replace(bytes.size() - 4, 4, reinterpret_cast<const char *>(&large), 4); // the last value of the final norm
  REQUIRE(writeFileAtomic(path, bytes).ok());
  TrainingSetup setup;
  setup.compute = at::kHalf;
  const auto refused = TransformerModel::open(folder.path(), setup);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::NotFinite);
  CHECK(refused.error().where.find("model.norm.weight") != std::string::npos);
  setup.compute = at::kFloat;
  CHECK(TransformerModel::open(folder.path(), setup).ok());
}

TEST_CASE("fp16: a whole run scales its loss, learns as in fp32, and goes on bit for bit when resumed") {
  if (!computeLimits().fp16) return;
  const attune::core::test::ComputeLimit limit(withCpuFp16());
  CollectingSink straight, first, second, exact;
  const auto whole = makeTinyRun(), split = makeTinyRun(), wide = makeTinyRun();
  const std::vector<std::string> half = {"precision=fp16", "epochs=2"};
  REQUIRE(train(*wide, exact, {"epochs=2"}).ok());
  const auto result = train(*whole, straight, half);
  REQUIRE(result.ok());
  REQUIRE_FALSE(result->error);
  REQUIRE(train(*split, first, half, 5).ok());
  REQUIRE(train(*split, second, {}, 0, true).ok());
  CHECK(RunFolder::open(whole->out)->readRecord()->precision == "fp16");

  const auto losses = [](const CollectingSink &sink) {
    std::vector<double> all;
    for (const auto &metrics : sink.all<api::StepMetrics>()) all.push_back(metrics.loss);
    return all;
  };
  const std::vector<double> expected = losses(straight), reference = losses(exact);
  std::vector<double> joined = losses(first);
  for (const double loss : losses(second)) joined.push_back(loss);
  CHECK(joined == expected);
  REQUIRE(expected.size() == reference.size());
  REQUIRE(expected.size() == 8);
  for (size_t i = 0; i < expected.size(); ++i) CHECK(expected[i] == doctest::Approx(reference[i]).epsilon(0.01));
  const auto state = [](const std::string &out) { return *readFile(out + "/adapter/adapter_model.safetensors"); };
  CHECK(state(whole->out) == state(split->out));
}
