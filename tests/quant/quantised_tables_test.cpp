// Embedding and head in int8 rows: what is looked up, the loss and its gradients, how whole models are loaded and train.
#include "core/base/sha256.h"
#include "core/lora/lora_inject.h"
#include "core/nn/embedding.h"
#include "core/nn/head_norm.h"
#include "core/nn/head_product.h"
#include "core/nn/loss_chunk.h"
#include "core/nn/token_loss.h"
#include "tests/nn/nn_support.h"
#include "tests/support/compute_limit.h"
#include "tests/support/model_fixture.h"

#include <ATen/ops/remainder.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

const char *const kModels[] = {"tiny_llama/tied", "tiny_families/qwen2", "tiny_families/gemma2", "tiny_families/baichuan2",
                               "tiny_families/internlm2"};

std::shared_ptr<const Int8Module> int8Of(const Tensor &values) {
  const auto module = std::make_shared<Int8Module>(values.size(0), values.size(1));
  REQUIRE(module->encode(0, values.size(0), values.data_ptr<float>()));
  return module;
}

Tensor decoded(const Int8Module &module, at::ScalarType type = at::kFloat) {
  Tensor out = at::empty({module.rows(), module.columns()}, module.scales().options().dtype(type));
  module.decodeInto(out);
  return out;
}

LoadOptions withTables(at::ScalarType type = at::kFloat) {
  LoadOptions options(type, testDevice());
  options.quantization = api::Quantization::Int8;
  options.quantiseEmbeddings = true;
  return options;
}

/// The same weights with the values of the tables in their place.
DecoderWeights withValues(DecoderWeights weights, at::ScalarType type = at::kFloat) {
  for (TokenTable *table : {&weights.embedding, &weights.head}) *table = decoded(*table->quantised(), type);
  return weights;
}

data::MicroBatch tinyBatch(const std::string &name) { return batchOf(samples(readJson(dataPath(name) + "/reference.json")["rows"])); }

/// {loss, the gradients of every adapter}.
std::vector<Tensor> lossAndGradients(const io::ModelConfig &config, const DecoderWeights &weights, const data::MicroBatch &batch) {
  const ModelFamily &family = **familyOf(config);
  LoraAdapter adapter = makeLora({}, linearModules(config, family), 3).value();
  toDevice(adapter, testDevice());
  std::vector<Tensor> leaves;
  for (LoraModule &module : adapter.modules) {
    module.b.copy_(random(module.b.sizes(), leaves.size()).mul(0.02));
    leaves.insert(leaves.end(), {module.a.set_requires_grad(true), module.b.set_requires_grad(true)});
  }
  const DecoderAdapters bound = bindAdapter(adapter, config.layers);
  Transformer transformer(config);
  PassOptions options;
  options.neftuneAlpha = 2;
  const Tensor loss = transformer.lossSum(weights, &bound, batch, options);
  loss.backward();
  std::vector<Tensor> all = {loss.detach()};
  for (const Tensor &leaf : leaves) all.push_back(leaf.grad());
  return all;
}

} // namespace

// To see it fail: decode blocks from row 0, or begin each block's gradient anew (headGradientInto).
TEST_CASE("a quantised table: its rows, logits, loss and gradient are those of its values") {
  const int64_t vocab = 4500, hidden = 512;
  REQUIRE(headBlockRows(hidden, false) < vocab); // more than a block
  const Tensor values = random({vocab, hidden}, 1).contiguous();
  const auto module = int8Of(values);
  CHECK(relativeError(decoded(*module), values) < 1e-2);
  const Tensor ids = at::tensor({7, 0, 4499, 7, 4100}, at::kLong), targets = at::arange(23, at::kLong).mul(977).remainder(vocab);
  for (const bool plain : {false, true}) {
    setPlainKernels(plain);
    for (const auto type : {at::kFloat, lowType()}) {
      const Tensor dense = decoded(*module, type), x = random({23, hidden}, 2).to(type);
      for (const double scale : {1.0, 22.6}) CHECK(embedTokens(module, ids, scale, type).equal(embedTokens(dense, ids, scale, type)));
      const double exact = type == at::kFloat ? 2e-6 : 1e-2;
      CHECK(relativeError(headLogits(x, module), headLogits(x, dense)) < exact);
      CHECK(relativeError(headLogits(x.narrow(0, 0, 1), module), headLogits(x.narrow(0, 0, 1), dense)) < exact);
      for (const double softcap : {0.0, 5.0}) {
        const auto through = [&](const TokenTable &head) {
          return valueAndGradients([&](const auto &v) { return linearCrossEntropySum(v[0], head, targets, {7, softcap}); }, {x});
        };
        const auto mine = through(module), reference = through(dense);
        for (size_t i = 0; i < mine.size(); ++i) CHECK(relativeError(mine[i], reference[i]) < exact);
      }
    }
  }
  setPlainKernels(false);
  CHECK_THROWS(linearCrossEntropySum(random({1, hidden}, 2), module, at::full({1}, vocab, at::kLong)));
}

// To see it fail: quantise the head before its rows have length 1, or a tied head once more.
TEST_CASE("quantised tables: loaded as their own quantisation of the file, the head with rows of length 1 where they are used so") {
  for (const char *name : kModels) {
    CAPTURE(name);
    const auto source = io::openModel(dataPath(name)).value();
    const io::ModelConfig &config = source->config();
    const DecoderWeights weights = loadWeights(*source, withTables()).value(),
                         dense = loadWeights(*source, LoadOptions(at::kFloat)).value();
    REQUIRE(weights.embedding.quantised() != nullptr);
    REQUIRE(weights.head.quantised() != nullptr);
    CHECK_FALSE((weights.embedding.dense().defined() || weights.head.dense().defined()));
    CHECK((weights.embedding.quantised() == weights.head.quantised()) == config.tiedEmbeddings);
    CHECK(weights.embedding.quantised()->codes().cpu().equal(int8Of(dense.embedding.dense())->codes()));
    const auto head = int8Of(dense.head.dense()); // normalised by the loader under headNorm
    CHECK(weights.head.quantised()->codes().cpu().equal(head->codes()));
    CHECK(differenceFrom(weights.head.quantised()->scales(), head->scales()) < 1e-6);
    if (config.headNorm) CHECK(relativeError(decoded(*head).norm(2, {1}), at::ones({config.vocab})) < 1e-2);
  }
}

TEST_CASE("quantised tables: a model's loss and every adapter's gradient are those of the tables' values") {
  for (const char *name : kModels) {
    CAPTURE(name);
    const auto source = io::openModel(dataPath(name)).value();
    for (const auto type : {at::kFloat, lowType()}) {
      const DecoderWeights weights = loadWeights(*source, withTables(type)).value();
      const auto mine = lossAndGradients(source->config(), weights, tinyBatch(name));
      const auto reference = lossAndGradients(source->config(), withValues(weights, type), tinyBatch(name));
      for (size_t i = 0; i < mine.size(); ++i) CHECK(relativeError(mine[i], reference[i]) < (type == at::kFloat ? 1e-5 : 3e-2));
    }
  }
}

// To see it fail: leave the setting out of TrainingSetup::from.
TEST_CASE("quantised tables: training changes no byte of them, learns, and comes near the loss without them") {
  api::RunConfig config;
  config.quantization = api::Quantization::Int8;
  config.checkpointing = api::Checkpointing::Full;
  for (const char *name : {"tiny_llama/tied", "tiny_families/baichuan2"}) {
    CAPTURE(name);
    const data::MicroBatch batch = tinyBatch(name);
    const auto open = [&](bool tables) {
      config.quantizeEmbeddings = tables;
      return TransformerModel::open(dataPath(name), TrainingSetup::from(config, at::kFloat, testDevice())).value();
    };
    const auto model = open(true);
    const auto hash = [&] {
      Sha256 sum;
      for (const TokenTable *table : {&model->weights().embedding, &model->weights().head}) {
        REQUIRE(table->quantised() != nullptr);
        for (const Tensor &tensor : {table->quantised()->codes().cpu(), table->quantised()->scales().cpu()})
          sum.update(ByteView{static_cast<const uint8_t *>(tensor.data_ptr()), tensor.nbytes()});
      }
      return sum.hex();
    };
    const std::string before = hash();
    const double first = model->evaluate(batch);
    CHECK(first == doctest::Approx(open(false)->evaluate(batch)).epsilon(0.01));
    PlainAdam adam(model->parameters(), 1e-2);
    for (int step = 0; step < 20; ++step) {
      clearGradients(*model);
      model->forwardBackward(batch, 0.01, {1, static_cast<uint64_t>(step), 0});
      adam.step();
      model->parametersChanged();
    }
    CHECK(model->evaluate(batch) < 0.9 * first);
    CHECK(hash() == before);
  }
}
