// Weights on the host: what trains, what is computed and what a run keeps are those of a run that holds all on its device.
// Tried on $ATTUNE_TEST_DEVICE; on the CPU nothing is copied, but for the case that makes it.
#include "core/nn/layer_stream.h"
#include "core/train/update_in_pass.h"
#include "tests/support/model_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

const char *const kVariants[] = {"tiny_families/baichuan2", "tiny_families/qwen3", "tiny_families/gemma2", "tiny_llama/tied"};

data::MicroBatch rowsOf(const std::string &folder) { return batchOf(samples(readJson(folder + "/reference.json")["rows"])); }

struct Trained {
  std::vector<double> losses;
  std::vector<Tensor> weights;
};

struct Way {
  bool streams = false;
  bool atOnce = false; // updated in the pass
  api::Method method = api::Method::Full;
  at::ScalarType type = at::kFloat;
};

std::unique_ptr<TransformerModel> opened(const std::string &folder, const Way &way) {
  TrainingSetup setup;
  setup.method = way.method;
  setup.freezeLayers = 1;
  setup.compute = way.type;
  setup.device = testDevice();
  setup.recompute = RecomputePolicy::Layer;
  setup.streamLayers = way.streams;
  if (way.method == api::Method::Lora) setup.initAdapter = folder + "/adapter";
  auto model = TransformerModel::open(folder, setup);
  REQUIRE_MESSAGE(model.ok(), model.error().text());
  return std::move(*model);
}

Trained train(const std::string &folder, const Way &way, const std::string &rule = "adamw", int steps = 3) {
  const auto model = opened(folder, way);
  const data::MicroBatch batch = rowsOf(folder);
  api::OptimizerConfig options;
  options.name = rule;
  options.weightDecay = 0.1;
  Optimizer optimizer(model->parameters(), options, 1.0, 9);
  Trained trained;
  for (int step = 0; step < steps; ++step) {
    trained.losses.push_back(passAndUpdate(*model, way.atOnce ? &optimizer : nullptr, 0.01, batch, 0.01, {}));
    optimizer.step(0.01);
    optimizer.clearGradients();
    model->parametersChanged();
  }
  trained.losses.push_back(model->evaluate(batch));
  for (const NamedParameter &parameter : model->parameters()) trained.weights.push_back(parameter.tensor.detach().cpu());
  return trained;
}

/// To the bit; on a card, which adds an embedding's gradient up in another order than the host, by the losses.
void checkSame(const Trained &a, const Trained &b) {
  REQUIRE(a.weights.size() == b.weights.size());
  if (!testDevice().is_cpu()) {
    for (size_t i = 0; i < a.losses.size(); ++i) CHECK(a.losses[i] == doctest::Approx(b.losses[i]).epsilon(1e-3));
    return;
  }
  CHECK(a.losses == b.losses);
  for (size_t i = 0; i < a.weights.size(); ++i) CHECK(a.weights[i].equal(b.weights[i]));
}

} // namespace

// To see it fail: leave the head or a norm out of the parameters that train in place, update before the backward that still reads
// a weight, or (on a card) hand out the other buffer or wait for no event.
TEST_CASE("streaming: a run with its layers on the host trains the same weights to the bit, updated at once or afterwards") {
  for (const std::string variant : kVariants) {
    CAPTURE(variant);
    const std::string folder = dataPath(variant);
    for (const auto method : {api::Method::Full, api::Method::Freeze, api::Method::Lora}) {
      const Trained resident = train(folder, {false, false, method});
      checkSame(train(folder, {true, false, method}), resident);
      checkSame(train(folder, {true, true, method}), resident);
    }
    for (const std::string rule : {"adafactor", "sgd", "adamw_8bit"})
      checkSame(train(folder, {true, true}, rule), train(folder, {true, false}, rule));
  }
}

// To see it fail: keep fp32 masters (trainsInPlace), or draw the rounding from the order of the updates.
TEST_CASE("streaming: 16-bit weights train without masters, the same at once and afterwards") {
  for (const std::string variant : kVariants) {
    CAPTURE(variant);
    const std::string folder = dataPath(variant);
    const Trained atOnce = train(folder, {true, true, api::Method::Full, at::kBFloat16}, "adamw", 8);
    checkSame(train(folder, {true, false, api::Method::Full, at::kBFloat16}, "adamw", 8), atOnce);
    for (const Tensor &weight : atOnce.weights) CHECK((weight.scalar_type() == at::kBFloat16));
    CHECK(atOnce.losses.back() < 0.8 * atOnce.losses.front());
    const Trained exact = train(folder, {false, false, api::Method::Full, at::kFloat}, "adamw", 8);
    CHECK(atOnce.losses.back() == doctest::Approx(exact.losses.back()).epsilon(0.1));
  }
}

// To see it fail: make the hook of another parameter tell, or keep the gradient after the update.
TEST_CASE("streaming: updated at once, one layer's gradients exist at a time") {
  const std::string folder = dataPath("tiny_families/qwen3");
  const auto model = opened(folder, {true, true});
  auto parameters = model->parameters();
  std::vector<int> told(parameters.size());
  size_t most = 0;
  model->whenGradientIsWhole([&](size_t place) {
    ++told[place];
    REQUIRE(parameters[place].tensor.grad().defined());
    size_t defined = 0;
    for (const NamedParameter &p : parameters) defined += p.tensor.grad().defined();
    most = std::max(most, defined);
    parameters[place].tensor.mutable_grad() = Tensor();
  });
  model->forwardBackward(rowsOf(folder), 0.01, {});
  model->whenGradientIsWhole(nullptr);
  CHECK(most == 1);
  for (const int count : told) CHECK(count == 1);
}

TEST_CASE("streaming: what is not finite reaches no weight that it has not reached, and is seen in the norm") {
  const std::string folder = dataPath("tiny_llama/tied");
  const auto model = opened(folder, {true, true});
  Optimizer optimizer(model->parameters(), {});
  const data::MicroBatch batch = rowsOf(folder);
  const auto weights = [&] {
    std::vector<Tensor> all;
    for (const NamedParameter &p : model->parameters()) all.push_back(p.tensor.detach().clone());
    return all;
  };
  const auto before = weights();
  passAndUpdate(*model, &optimizer, 0.01, batch, INFINITY, {}); // the loss is finite, its gradients are not
  CHECK_FALSE(std::isfinite(optimizer.gradientNorm()));
  const auto after = weights();
  for (size_t i = 0; i < before.size(); ++i) CHECK(before[i].equal(after[i]));
  optimizer.step(0.01);

  for (NamedParameter &p : model->parameters())
    if (p.embedding) p.tensor.detach().fill_(INFINITY);
  model->parametersChanged();
  CHECK_FALSE(std::isfinite(passAndUpdate(*model, &optimizer, 0.01, batch, 0.01, {})));
  const auto last = weights();
  for (size_t i = 1; i < before.size(); ++i) CHECK(before[i].equal(last[i]));
  for (const NamedParameter &p : model->parameters()) CHECK_FALSE(p.tensor.grad().defined());
}

TEST_CASE("streaming: a checkpoint of 16-bit weights is read back to the bit, into the places where they are") {
  for (const std::string variant : kVariants) {
    const std::string folder = dataPath(variant);
    const Way way = {true, true, api::Method::Full, at::kBFloat16};
    const auto model = opened(folder, way), other = opened(folder, way);
    Optimizer optimizer(model->parameters(), {}, 1.0, 9);
    passAndUpdate(*model, &optimizer, 0.01, rowsOf(folder), 0.01, {});
    model->parametersChanged();
    const TemporaryFolder run;
    REQUIRE(model->save(run.path).ok());
    REQUIRE(other->load(run.path).ok());
    const auto written = model->parameters(), read = other->parameters();
    for (size_t i = 0; i < written.size(); ++i) CHECK(written[i].tensor.detach().equal(read[i].tensor.detach()));
    CHECK(model->evaluate(rowsOf(folder)) == other->evaluate(rowsOf(folder)));
  }
}

// The way by the buffers, which only a card takes: copied layer by layer, and the gradients back.
// To see it fail: fill the buffer that computes, or forget an outlet.
TEST_CASE("streaming: through the buffers, losses and gradients are the same to the bit") {
  for (const std::string variant : kVariants) {
    CAPTURE(variant);
    const std::string folder = dataPath(variant);
    const auto source = io::openModel(folder).value();
    const data::MicroBatch batch = rowsOf(folder);
    PassOptions options;
    options.recompute = RecomputePolicy::Layer;
    std::vector<Tensor> gradients[2];
    double sums[2] = {};
    Tensor hidden[2];
    for (const bool streams : {false, true}) {
      DecoderWeights weights = loadWeights(*source, LoadOptions(at::kFloat, streams ? at::Device(at::kCPU) : testDevice())).value();
      if (streams) {
        weights.stream = std::make_shared<LayerStream>(testDevice());
        weights.stream->adopt(weights);
      }
      forEachTensor(weights, [](Tensor &tensor) { tensor.set_requires_grad(true); });
      DecoderWeights used = weights;
      if (streams)
        for (LayerWeights &layer : used.layers) forEachTensor(layer, [&](Tensor &tensor) { tensor = weights.stream->outlet(tensor); });
      Transformer transformer(source->config());
      for (int pass = 0; pass < 2; ++pass) { // what a buffer held is not used again
        const Tensor loss = transformer.lossSum(used, nullptr, batch, options);
        sums[streams] += loss.item<double>();
        const LayerStream::Pass going(weights.stream.get());
        loss.backward();
        at::NoGradGuard noGrad;
        forEachTensor(weights, [](Tensor &tensor) { tensor.mul_(1.01); });
        if (streams) weights.stream->weightsChanged();
        // The graph of the first pass is gone; functions of the leaves are made for each.
        if (streams && pass == 0) {
          at::AutoGradMode record(true);
          used = weights;
          for (LayerWeights &layer : used.layers) forEachTensor(layer, [&](Tensor &tensor) { tensor = weights.stream->outlet(tensor); });
        }
      }
      forEachTensor(weights, [&](Tensor &tensor) { gradients[streams].push_back(tensor.grad().cpu()); });
      hidden[streams] = transformer.hidden(weights, nullptr, batch).cpu();
    }
    if (testDevice().is_cpu()) {
      CHECK(sums[0] == sums[1]);
      CHECK(hidden[0].equal(hidden[1]));
    } else {
      CHECK(sums[0] == doctest::Approx(sums[1]).epsilon(1e-5));
    }
    for (size_t i = 0; i < gradients[0].size(); ++i)
      CHECK(differenceFrom(gradients[1][i], gradients[0][i]) <= (testDevice().is_cpu() ? 0.0 : 1e-4));
  }
}
