// The silent bugs of training that belong to the model; each test says how to see it fail.
#include "core/base/atomic_file.h"
#include "core/lora/lora_file.h"
#include "core/lora/lora_inject.h"
#include "tests/support/compute_limit.h"
#include "tests/support/model_fixture.h"

#include <ATen/ops/eye.h>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

const std::string kTiny = dataPath("tiny_llama/tied");

std::unique_ptr<TransformerModel> openTiny(const TrainingSetup &setup, const std::string &folder = kTiny) {
  auto model = TransformerModel::open(folder, setup);
  if (!model.ok()) FAIL(model.error().text());
  return std::move(*model);
}

TrainingSetup loraSetup() {
  TrainingSetup setup;
  setup.lora.rank = 4;
  setup.lora.alpha = 8;
  return setup;
}

std::vector<data::Sample> tinyRows() { return samples(readJson(kTiny + "/reference.json")["rows"]); }

Tensor gradients(TransformerModel &model, const data::MicroBatch &batch, const PassSeed &seed = {1, 2, 3}) {
  clearGradients(model);
  model.forwardBackward(batch, 0.01, seed);
  std::vector<Tensor> all;
  for (const NamedParameter &parameter : model.parameters()) all.push_back(parameter.tensor.grad().reshape({-1}));
  return at::cat(all);
}

void randomiseB(TransformerModel &model) {
  for (NamedParameter &parameter : model.parameters())
    if (parameter.isLoraB) drawLora(parameter.tensor, parameter.name, 9, 0.5);
}

} // namespace

TEST_CASE("silent bug 1: the loss looks exactly one token ahead") {
  // Embeddings are one-hot, the layer adds nothing, and the head maps token v to v + 1: counting up is predicted
  // perfectly, standing still or counting in twos is not. Shift labels twice or not at all (collate) to see it fail.
  io::ModelConfig config;
  config.family = "llama";
  config.vocab = config.hidden = config.intermediate = 16;
  config.layers = config.heads = config.kvHeads = 1;
  config.headDim = 16;
  config.context = 64;
  const auto options = at::TensorOptions().dtype(at::kFloat);
  DecoderWeights weights;
  weights.embedding = at::eye(16, options);
  weights.head = at::eye(16, options).roll({1}, {0}) * 10.0;
  weights.finalNorm = at::ones({16}, options);
  LayerWeights layer;
  layer.inputNorm = layer.postNorm = weights.finalNorm;
  layer.qkv = at::zeros({48, 16}, options);
  layer.output = at::zeros({16, 16}, options);
  layer.gateUp = at::zeros({32, 16}, options);
  layer.down = at::zeros({16, 16}, options);
  weights.layers.push_back(layer);
  Transformer transformer(config);
  const auto loss = [&](int step) {
    data::Sample row;
    for (int i = 0; i < 8; ++i) row.ids.push_back((i * step) % 16);
    row.labels = row.ids;
    at::NoGradGuard noGrad;
    return transformer.lossSum(weights, nullptr, batchOf({row}), {}).item().toDouble();
  };
  CHECK(loss(1) < 1e-6);
  CHECK(loss(0) > 7 * 30);
  CHECK(loss(2) > 7 * 30);
}

TEST_CASE("silent bug 6: the LoRA scale is alpha / r, once") {
  const auto model = openTiny(loraSetup());
  randomiseB(*model);
  model->parametersChanged();
  const data::MicroBatch batch = batchOf(tinyRows());
  const double unmerged = model->evaluate(batch);

  // Merged by hand: W += alpha / r * B.A. Leave alpha / r out of linear() or of loraScale() to see it fail.
  TrainingSetup frozen;
  frozen.method = api::Method::Full;
  const auto merged = openTiny(frozen);
  const ModelFamily &family = **familyOf(merged->config());
  std::map<std::string, Tensor> matrices;
  for (const NamedParameter &p : model->parameters()) matrices[p.name] = p.tensor.detach();
  CHECK(std::abs(merged->evaluate(batch) - unmerged) > 1.0);
  {
    at::NoGradGuard noGrad;
    for (const WeightPlace &place : weightPlaces(merged->config(), family, merged->weights())) {
      const std::string module = place.name.substr(0, place.name.rfind('.'));
      if (!matrices.count(module + ".lora_A")) continue;
      Tensor rows = place.target.detach();
      rows.add_(matrices[module + ".lora_B"].matmul(matrices[module + ".lora_A"]), 8.0 / 4.0);
    }
  }
  CHECK(merged->evaluate(batch) == doctest::Approx(unmerged).epsilon(1e-5));

  // Twice the rank padded with zeros and twice alpha is the same adapter; rsLoRA is another.
  CHECK(loraScale(16, 8, false) == loraScale(8, 4, false));
  CHECK(loraScale(8, 4, true) == doctest::Approx(4.0));
  LoraAdapter adapter;
  const auto modules = linearModules(model->config(), family);
  for (const LinearModule &place : modules) {
    LoraModule module;
    module.place = place;
    module.a = at::cat({matrices[place.name + ".lora_A"], at::zeros({4, place.inputs})});
    module.b = at::cat({matrices[place.name + ".lora_B"], at::zeros({place.outputs(), 4})}, 1);
    module.scale = loraScale(16, 8, false);
    adapter.modules.push_back(module);
  }
  const DecoderAdapters wide = bindAdapter(adapter, model->config().layers);
  at::NoGradGuard noGrad;
  CHECK(model->transformer().lossSum(model->weights(), &wide, batch, {}).item().toDouble() == doctest::Approx(unmerged).epsilon(1e-5));
}

TEST_CASE("silent bug 6: answers use the adapter of training, scaled once and never stale, in bf16 too") {
  // To see it fail: multiply B by the scale in bindAdapter's copies, or keep m_generateAdapters in parametersChanged().
  const data::MicroBatch batch = batchOf(tinyRows());
  Tensor exact;
  for (const at::ScalarType compute : {at::kFloat, lowType()}) {
    TrainingSetup setup = loraSetup();
    setup.compute = compute;
    const auto model = openTiny(setup);
    const auto answering = [&] { return model->transformer().hidden(model->weights(), model->adapters(), batch); };
    const Tensor base = answering();
    randomiseB(*model);
    model->parametersChanged();
    const Tensor tuned = answering();
    CHECK(differenceFrom(base, tuned) > 0.2);
    if (!exact.defined()) exact = tuned;
    CHECK(differenceFrom(tuned, exact) < 0.05);
    at::NoGradGuard noGrad;
    const double loss = model->transformer().lossSum(model->weights(), model->adapters(), batch, {}).item().toDouble();
    CHECK(loss == doctest::Approx(model->evaluate(batch)).epsilon(compute == at::kFloat ? 1e-6 : 2e-3));
  }
}

TEST_CASE("silent bug 7: no dropout or noise in evaluation, and recomputing repeats both") {
  // To see it fail: pass m_setup's dropout in evaluate(), mix a counter of calls into the dropout seed, or leave the step out
  // of passNumber().
  TrainingSetup setup = loraSetup();
  setup.lora.dropout = 0.4;
  setup.neftuneAlpha = 5.0;
  const data::MicroBatch batch = batchOf(tinyRows());
  const auto plain = openTiny(loraSetup()), noisy = openTiny(setup);
  randomiseB(*plain);
  randomiseB(*noisy);
  CHECK(noisy->evaluate(batch) == noisy->evaluate(batch));
  CHECK(noisy->evaluate(batch) == plain->evaluate(batch));
  const Tensor reference = gradients(*noisy, batch);
  CHECK(reference.equal(gradients(*noisy, batch)));
  for (const PassSeed &other : {PassSeed{1, 2, 4}, PassSeed{1, 3, 3}, PassSeed{2, 2, 3}})
    CHECK(differenceFrom(gradients(*noisy, batch, other), reference) > 0.01); // each pass, step and run has its own
  for (const RecomputePolicy policy : {RecomputePolicy::Layer, RecomputePolicy::FeedForward}) {
    setup.recompute = policy;
    const auto recomputing = openTiny(setup);
    randomiseB(*recomputing);
    CHECK(differenceFrom(gradients(*recomputing, batch), reference) < 1e-5);
  }
}

TEST_CASE("silent bug 7: dropout and noise each reach training, as this run asks and not as the adapter it began with") {
  // To see it fail: leave loraDropout or neftuneAlpha at 0 in passOptions(), or keep the dropout that readAdapter found.
  const data::MicroBatch batch = batchOf(tinyRows());
  const auto plain = openTiny(loraSetup());
  randomiseB(*plain);
  const Tensor still = gradients(*plain, batch);
  for (const bool dropout : {true, false}) {
    TrainingSetup setup = loraSetup();
    (dropout ? setup.lora.dropout : setup.neftuneAlpha) = dropout ? 0.4 : 5.0;
    const auto noisy = openTiny(setup);
    randomiseB(*noisy);
    CHECK(differenceFrom(gradients(*noisy, batch), still) > 0.01);
    const TemporaryFolder run;
    REQUIRE(noisy->save(run.path).ok());
    TrainingSetup next = loraSetup();
    next.initAdapter = run.path + "/adapter";
    CHECK(gradients(*openTiny(next), batch).equal(still));
  }
}

TEST_CASE("silent bug 7: every product of every layer drops other inputs") {
  // To see it fail: leave the layer or the product out of mixSeed() in Pass::dropout. Only the first token has a target, so a
  // dropped input leaves a column of zeros in A's gradient.
  TrainingSetup setup = loraSetup();
  setup.lora.dropout = 0.4;
  const auto model = openTiny(setup);
  randomiseB(*model);
  model->forwardBackward(batchOf({{{5, 6}, {data::kIgnore, 6}, 0}}), 1.0, {1, 2, 3});
  std::vector<Tensor> masks;
  for (const NamedParameter &p : model->parameters())
    for (const char *module : {"q_proj", "o_proj", "gate_proj", "down_proj"}) // k, v and up read the input of q and gate
      if (p.name.find(std::string(module) + ".lora_A") != std::string::npos) masks.push_back(p.tensor.grad().ne(0.0).any(0));
  CHECK(masks.size() == 8);
  for (size_t i = 0; i < masks.size(); ++i) {
    CHECK(masks[i].to(at::kDouble).mean().item().toDouble() == doctest::Approx(0.6).epsilon(0.4));
    for (size_t k = 0; k < i; ++k) CHECK_FALSE(masks[i].equal(masks[k]));
  }
}

TEST_CASE("silent bug 8: adapters and their updates stay in fp32 when the model computes in bf16") {
  // To see it fail: make the LoRA matrices in setup.compute instead of fp32.
  const data::MicroBatch batch = batchOf(tinyRows());
  double norms[2] = {0, 0};
  for (const int bf16 : {0, 1}) {
    TrainingSetup setup = loraSetup();
    setup.compute = bf16 ? lowType() : at::kFloat;
    const auto model = openTiny(setup);
    PlainAdam optimizer(model->parameters(), 1e-5);
    randomiseB(*model);
    std::vector<Tensor> before;
    for (const NamedParameter &p : model->parameters()) before.push_back(p.tensor.detach().clone());
    model->forwardBackward(batch, 0.01, {});
    optimizer.step();
    model->parametersChanged();
    size_t i = 0;
    for (const NamedParameter &p : model->parameters()) {
      CHECK((p.tensor.scalar_type() == at::kFloat));
      if (p.isLoraB) norms[bf16] += (p.tensor.detach() - before[i]).pow(2).sum().item().toDouble();
      ++i;
    }
  }
  CHECK(std::sqrt(norms[1]) == doctest::Approx(std::sqrt(norms[0])).epsilon(0.01));
}

TEST_CASE("full training in bf16 keeps fp32 masters, and small updates add up") {
  const data::MicroBatch batch = batchOf(tinyRows());
  TrainingSetup setup;
  setup.method = api::Method::Full;
  setup.compute = lowType();
  const auto model = openTiny(setup);
  const double before = model->evaluate(batch);
  PlainAdam optimizer(model->parameters(), 1e-4); // a tenth of what bf16 resolves at these weights
  for (int step = 0; step < 20; ++step) {
    model->forwardBackward(batch, 1.0 / static_cast<double>(batch.targets.size()), {});
    for (const NamedParameter &p : model->parameters()) {
      CHECK((p.tensor.scalar_type() == at::kFloat));
      CHECK((p.tensor.grad().scalar_type() == at::kFloat));
    }
    optimizer.step();
    model->parametersChanged();
  }
  CHECK(model->evaluate(batch) < before * 0.98);
}

TEST_CASE("silent bug 10: a tied head is the embedding, after a step and after saving") {
  // To see it fail: copy the embedding into its own head tensor in allocate(), or write lm_head beside it.
  const data::MicroBatch batch = batchOf(tinyRows());
  for (const at::ScalarType compute : {at::kFloat, lowType()}) {
    TrainingSetup setup;
    setup.method = api::Method::Full;
    setup.compute = compute;
    const auto model = openTiny(setup);
    PlainAdam optimizer(model->parameters(), 1e-2);
    model->forwardBackward(batch, 0.01, {});
    optimizer.step();
    model->parametersChanged();
    CHECK(model->weights().embedding.dense().is_same(model->weights().head.dense()));
    const TemporaryFolder run;
    REQUIRE(model->save(run.path).ok());
    const auto file = io::SafetensorsFile::open(run.path + "/model/model.safetensors").value();
    CHECK(file->find("lm_head.weight") == nullptr);
    const double expected = model->evaluate(batch);
    const auto fresh = openTiny(setup);
    CHECK(fresh->evaluate(batch) != expected);
    REQUIRE(fresh->load(run.path).ok());
    CHECK(fresh->evaluate(batch) == expected);
    auto mine = model->parameters(), theirs = fresh->parameters();
    for (size_t i = 0; i < mine.size(); ++i) CHECK(mine[i].tensor.equal(theirs[i].tensor)); // the masters, bit for bit
    CHECK(openTiny(setup, run.path + "/model")->evaluate(batch) == expected);
  }
}

TEST_CASE("silent bug 10: in bf16 too a tied weight gets the gradients of both its uses, and every other weight its own") {
  // To see it fail: in withMasters() leave the head, or the embedding, as it is. Each use alone is far from the sum.
  const data::MicroBatch batch = batchOf(tinyRows());
  TrainingSetup setup;
  setup.method = api::Method::Full;
  const auto exact = openTiny(setup);
  setup.compute = lowType();
  const auto narrow = openTiny(setup);
  exact->forwardBackward(batch, 0.01, {});
  narrow->forwardBackward(batch, 0.01, {});
  const auto expected = exact->parameters(), found = narrow->parameters();
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CAPTURE(found[i].name);
    REQUIRE(found[i].tensor.grad().defined());
    CHECK(differenceFrom(found[i].tensor.grad(), expected[i].tensor.grad()) < 0.1);
  }
}

TEST_CASE("the padding token's row of the embedding gets no gradient, as in transformers") {
  // To see it fail: leave paddingId out of embedTokens. A tied row still learns as part of the head.
  for (const char *variant : {"plain", "tied"}) {
    const bool tied = std::string(variant) == "tied";
    CAPTURE(variant);
    const TemporaryFolder folder;
    std::filesystem::copy(dataPath(std::string("tiny_llama/") + variant), folder.path, std::filesystem::copy_options::recursive);
    Json config = readJson(folder.path + "/config.json");
    TrainingSetup setup;
    setup.method = api::Method::Full;
    const data::MicroBatch batch = batchOf(tinyRows());
    const int64_t padding = batch.ids.front();
    const auto embeddingGradient = [&] {
      const auto model = openTiny(setup, folder.path);
      model->forwardBackward(batch, 0.01, {});
      return model->weights().embedding.dense().grad().clone();
    };
    const Tensor without = embeddingGradient();
    config["pad_token_id"] = padding;
    REQUIRE(writeFileAtomic(folder.path + "/config.json", dumpJson(config)).ok());
    Tensor with = embeddingGradient();
    CHECK((with[padding].abs().max().item().toDouble() > 0) == tied);
    CHECK(differenceFrom(with[padding], without[padding]) > 0.1);
    with[padding] = without[padding];
    CHECK(with.equal(without));
  }
}

TEST_CASE("silent bug 12: recomputed layers train their adapters, the first one too") {
  // The embedding is frozen, so layer 0's input needs no gradient. To see it fail: leave the parameters out of
  // checkpointed()'s inputs. At the first step B is zero, so A's gradient is zero and B's is not.
  for (const RecomputePolicy policy : {RecomputePolicy::None, RecomputePolicy::FeedForward, RecomputePolicy::Layer}) {
    TrainingSetup setup = loraSetup();
    setup.recompute = policy;
    const auto model = openTiny(setup);
    model->forwardBackward(batchOf(tinyRows()), 0.01, {});
    for (const NamedParameter &p : model->parameters()) {
      CAPTURE(p.name);
      REQUIRE(p.tensor.grad().defined());
      CHECK((p.tensor.grad().abs().max().item().toDouble() > 0) == p.isLoraB);
    }
  }
}

TEST_CASE("a feed-forward block in tiles gives the loss and the gradients of one piece, dropout included") {
  // To see it fail: leave a tile's first row out of the dropout of feedForwardHalf.
  for (const RecomputePolicy policy : {RecomputePolicy::FeedForward, RecomputePolicy::Layer}) {
    std::vector<Tensor> gradients[2];
    double losses[2], evaluations[2];
    for (const bool tiles : {false, true}) {
      TrainingSetup setup = loraSetup();
      setup.recompute = policy;
      setup.lora.dropout = 0.3;
      if (tiles) setup.feedForwardRows = 3;
      const auto model = openTiny(setup);
      for (const NamedParameter &p : model->parameters())
        if (p.isLoraB) p.tensor.detach().copy_(at::arange(p.tensor.numel(), at::kFloat).sin().mul(0.05).view(p.tensor.sizes()));
      model->parametersChanged();
      losses[tiles] = model->forwardBackward(batchOf(tinyRows()), 0.01, {});
      evaluations[tiles] = model->evaluate(batchOf(tinyRows()));
      for (const NamedParameter &p : model->parameters()) gradients[tiles].push_back(p.tensor.grad().clone());
    }
    CHECK(losses[1] == doctest::Approx(losses[0]).epsilon(1e-6));
    CHECK(evaluations[1] == doctest::Approx(evaluations[0]).epsilon(1e-6));
    for (size_t i = 0; i < gradients[0].size(); ++i) CHECK(differenceFrom(gradients[1][i], gradients[0][i]) < 1e-5);
  }
}

TEST_CASE("silent bug 18: the sum over targets does not depend on how rows are batched") {
  // To see it fail: return a mean from evaluate().
  const auto model = openTiny(loraSetup());
  const std::vector<data::Sample> rows = tinyRows();
  double apart = 0.0;
  for (const data::Sample &row : rows) apart += model->evaluate(batchOf({row}));
  CHECK(model->evaluate(batchOf(rows)) == doctest::Approx(apart).epsilon(1e-6));
  data::MicroBatch none = batchOf({rows[0]});
  none.targets.clear();
  none.targetRows.clear();
  CHECK(model->evaluate(none) == 0.0);
  CHECK(model->forwardBackward(none, 1.0, {}) == 0.0);
}

TEST_CASE("freeze trains the last layers and nothing else") {
  TrainingSetup setup;
  setup.method = api::Method::Freeze;
  setup.freezeLayers = 1;
  const auto model = openTiny(setup);
  for (const NamedParameter &p : model->parameters()) {
    CHECK(p.name.find("model.layers.1.") == 0);
    CHECK(p.decays == (p.tensor.dim() == 2));
  }
  CHECK(model->parameters().size() == 6);
  const Tensor lower = model->weights().layers[0].qkv.dense().clone(), upper = model->weights().layers[1].qkv.dense().detach().clone();
  const data::MicroBatch batch = batchOf(tinyRows());
  PlainAdam optimizer(model->parameters(), 1e-2);
  model->forwardBackward(batch, 0.01, {});
  optimizer.step();
  CHECK(model->weights().layers[0].qkv.dense().equal(lower));
  CHECK_FALSE(model->weights().layers[1].qkv.dense().equal(upper));
}

TEST_CASE("a saved adapter comes back bit for bit, and a foreign one is refused") {
  const auto model = openTiny(loraSetup());
  randomiseB(*model);
  const data::MicroBatch batch = batchOf(tinyRows());
  const TemporaryFolder run;
  REQUIRE(model->save(run.path).ok());
  const auto fresh = openTiny(loraSetup());
  REQUIRE(fresh->load(run.path).ok());
  CHECK(fresh->evaluate(batch) == model->evaluate(batch));
  TrainingSetup wider = loraSetup();
  wider.lora.rank = 6;
  CHECK(openTiny(wider)->load(run.path).error().code == ErrorCode::AdapterMismatch);
  TrainingSetup next = loraSetup();
  next.initAdapter = run.path + "/adapter";
  CHECK(openTiny(next)->evaluate(batch) == model->evaluate(batch));
}
