// A whole run against its loop written out by hand: that every setting of run.json reaches the place where it acts.
#include "core/api/run_config_json.h"
#include "core/data/chat_dataset.h"
#include "core/model/transformer_model.h"
#include "core/train/run_training.h"
#include "tests/support/run_fixture.h"
#include "tests/support/tiny_model.h"

#include <ATen/TensorOperators.h>
#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace attune;
using namespace attune::core;
using namespace attune::test;

namespace {

constexpr double kLr = 0.005, kDecay = 0.5, kBeta1 = 0.8, kBeta2 = 0.95, kEps = 1e-6, kClip = 0.3, kRatio = 4.0;
constexpr int64_t kEpochs = 3, kWarmup = 2, kSeed = 11;

const std::vector<std::string> kSettings = {"epochs=3",
                                            "accumulation=3",
                                            "seed=11",
                                            "optimizer.lr=0.005",
                                            "optimizer.weight_decay=0.5",
                                            "optimizer.beta1=0.8",
                                            "optimizer.beta2=0.95",
                                            "optimizer.eps=1e-6",
                                            "scheduler.warmup_steps=2",
                                            "scheduler.name=cosine",
                                            "clip_norm=0.3",
                                            "lora.alpha=6",
                                            "lora.rslora=true",
                                            "lora.plus_ratio=4",
                                            "neftune_alpha=2",
                                            "validation.fraction=0.25"};

/// Decoupled AdamW in double for one parameter.
struct HandAdam {
  Tensor mean, square;
  void step(const NamedParameter &p, const Tensor &gradient, double lr, bool decays, int64_t count) {
    const Tensor wide = p.tensor.detach().to(at::kDouble);
    if (!mean.defined()) mean = at::zeros_like(wide), square = at::zeros_like(wide);
    mean = mean * kBeta1 + gradient * (1 - kBeta1);
    square = square * kBeta2 + gradient * gradient * (1 - kBeta2);
    const auto n = static_cast<double>(count);
    const Tensor root = (square / (1 - std::pow(kBeta2, n))).sqrt() + kEps;
    const Tensor kept = decays ? wide * (1 - lr * kDecay) : wide;
    p.tensor.detach().copy_(kept - mean / (1 - std::pow(kBeta1, n)) / root * lr);
  }
};

double worstDifference(TransformerModel &a, TransformerModel &b) {
  const auto left = a.parameters(), right = b.parameters();
  REQUIRE(left.size() == right.size());
  double worst = 0;
  for (size_t i = 0; i < left.size(); ++i)
    worst = std::max(worst, (left[i].tensor.detach() - right[i].tensor.detach()).abs().max().item<double>());
  return worst;
}

} // namespace

// Silent bugs 4, 13, 15, 17 and 18 in the wiring of a run. To see it fail: in runTraining leave out lora.plusRatio or the weight
// decay, give the schedule micro-steps; in TransformerModel::parameters let A or B not decay; in TrainingSetup::from leave out
// a setting.
TEST_CASE("a run ends at the weights of its loop written out by hand") {
  for (const api::Method method : {api::Method::Lora, api::Method::Full}) {
    const bool lora = method == api::Method::Lora;
    CAPTURE(lora);
    const auto files = makeTinyRun();
    std::vector<std::string> settings = kSettings;
    if (!lora) settings.push_back("method=full");
    const auto config = api::loadRunConfig(files->run, settings);
    REQUIRE_MESSAGE(config.ok(), config.error().text());
    TrainingRequest request;
    request.run.config = *config;
    request.run.folder = files->out;
    CollectingSink sink;
    RunControl control;
    const auto result = runTraining(request, sink, control);
    REQUIRE_MESSAGE(result.ok(), result.error().text());
    REQUIRE(result->outcome == api::RunOutcome::Completed);

    TrainingSetup setup;
    setup.method = method;
    setup.lora.rank = 4;
    setup.lora.alpha = 6;
    setup.lora.rslora = true;
    setup.lora.dropout = 0.1;
    setup.neftuneAlpha = 2;
    setup.seed = kSeed;
    auto model = std::move(*TransformerModel::open(files->folder.path(), setup));
    data::DatasetOptions options;
    options.maxLength = 16;
    std::vector<data::Sample> training = data::encodeDataset({{files->folder.path() + "/rows.jsonl"}}, {}, options)->samples, held;
    data::splitValidation(training, 0.25, kSeed, held);
    REQUIRE(held.size() == 6);
    const data::BatchPlan plan(&training, {16, 2, 3, true, true, kSeed});
    const int64_t total = kEpochs * plan.stepsPerEpoch();
    REQUIRE(total > 4);
    const auto metrics = sink.all<api::StepMetrics>();
    REQUIRE(static_cast<int64_t>(metrics.size()) == total);
    std::map<std::string, HandAdam> state;
    for (int64_t step = 0; step < total; ++step) {
      const data::StepWindow window = plan.window(step);
      double targets = 0, loss = 0, squares = 0;
      for (const auto &batch : window.microBatches) targets += static_cast<double>(batch.targets.size());
      uint64_t micro = 0;
      for (const auto &batch : window.microBatches)
        loss += model->forwardBackward(batch, 1 / targets, {kSeed, static_cast<uint64_t>(step), micro++});
      const auto parameters = model->parameters();
      for (const NamedParameter &p : parameters) squares += p.tensor.grad().to(at::kDouble).pow(2).sum().item<double>();
      const double norm = std::sqrt(squares), shrink = std::min(1.0, kClip / (norm + 1e-6));
      const double turn = static_cast<double>(step - kWarmup) / static_cast<double>(total - kWarmup);
      const double lr =
          step < kWarmup ? kLr * static_cast<double>(step) / kWarmup : kLr * 0.5 * (1 + std::cos(3.14159265358979323846 * turn));
      for (const NamedParameter &p : parameters) {
        const bool isB = p.name.find(".lora_B") != std::string::npos;
        state[p.name].step(p, p.tensor.grad().to(at::kDouble) * shrink, isB ? lr * kRatio : lr, p.tensor.dim() == 2, step + 1);
        p.tensor.mutable_grad() = Tensor();
      }
      model->parametersChanged();
      CAPTURE(step);
      const api::StepMetrics &told = metrics[static_cast<size_t>(step)];
      CHECK(told.lr == doctest::Approx(lr).epsilon(1e-9));
      CHECK(told.loss == doctest::Approx(loss / targets).epsilon(1e-4));
      CHECK(told.gradNorm == doctest::Approx(norm).epsilon(1e-3));
      CHECK(told.trainedTokens > 0);
    }
    double sum = 0, count = 0;
    for (const data::Sample &row : held) {
      const data::MicroBatch batch = data::collate({row}, {{0}});
      sum += model->evaluate(batch);
      count += static_cast<double>(batch.targets.size());
    }
    CHECK(sink.all<api::EvalResult>().back().loss == doctest::Approx(sum / count).epsilon(1e-4));
    TrainingSetup saved = setup;
    if (lora) saved.initAdapter = files->out + "/adapter";
    auto made = TransformerModel::open(lora ? files->folder.path() : files->out + "/model", saved);
    REQUIRE(made.ok());
    CHECK(worstDifference(*model, **made) < 2e-5);
    auto start = TransformerModel::open(files->folder.path(), setup);
    CHECK(worstDifference(*model, **start) > 0.01);
  }
}
