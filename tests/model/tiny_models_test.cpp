// Parity with transformers + PEFT on tiny random models of every family (tests/parity/tiny_llama.py and tiny_families.py
// made the numbers; those of Baichuan and InternLM2 come from plain PyTorch, tests/parity/plain_decoders.py).
#include "core/generate/generator.h"
#include "core/generate/scorer.h"
#include "core/model/language_model.h"
#include "core/nn/kernel_policy.h"
#include "tests/support/model_fixture.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

// Rows are 40, 13 and 51 long: beyond the sliding windows (9 to 20) and, where scaling depends on the length, on both sides
// of the original context (32).
const char *const kVariants[] = {"tiny_llama/plain",
                                 "tiny_llama/tied",
                                 "tiny_llama/bias",
                                 "tiny_llama/llama3",
                                 "tiny_families/mistral",
                                 "tiny_families/qwen2",
                                 "tiny_families/qwen2_yarn",
                                 "tiny_families/qwen3",
                                 "tiny_families/llama_dynamic",
                                 "tiny_families/llama_linear",
                                 "tiny_families/gemma2",
                                 "tiny_families/gemma3",
                                 "tiny_families/phi3",
                                 "tiny_families/phi4",
                                 "tiny_families/glm",
                                 "tiny_families/glm4",
                                 "tiny_families/smollm3",
                                 "tiny_families/baichuan1",
                                 "tiny_families/baichuan2",
                                 "tiny_families/baichuan2_13b",
                                 "tiny_families/internlm2"};

struct Fixture {
  explicit Fixture(const std::string &variant)
      : folder(dataPath(variant)), reference(readJson(folder + "/reference.json")),
        tensors(io::SafetensorsFile::open(folder + "/reference.safetensors").value()), rows(samples(reference["rows"])) {}
  Tensor tensor(const std::string &name) const { return readTensor(*tensors, name); }
  std::unique_ptr<TransformerModel> open(api::Method method, RecomputePolicy recompute = RecomputePolicy::None) const {
    TrainingSetup setup;
    setup.method = method;
    setup.device = testDevice();
    setup.recompute = recompute;
    if (method == api::Method::Lora) setup.initAdapter = folder + "/adapter";
    auto model = TransformerModel::open(folder, setup);
    if (!model.ok()) FAIL(model.error().text());
    return std::move(*model);
  }
  std::string folder;
  Json reference;
  std::shared_ptr<const io::SafetensorsFile> tensors;
  std::vector<data::Sample> rows;
};

/// A gradient of ours with its rows as the file of an InternLM2 adapter has them.
Tensor inFileOrder(const Tensor &gradient, const std::string &name, const io::ModelConfig &config) {
  if (config.layout != io::AttentionLayout::Grouped || name.find("wqkv.lora_B") == std::string::npos) return gradient;
  const auto rows = io::groupedRows(config);
  Tensor ordered = gradient.cpu().clone();
  for (size_t i = 0; i < rows.size(); ++i) ordered[rows[i]].copy_(gradient[static_cast<int64_t>(i)]);
  return ordered;
}

Tensor logitsOf(TransformerModel &model, const DecoderAdapters *adapters, const std::vector<int32_t> &ids) {
  data::MicroBatch batch;
  for (size_t i = 0; i < ids.size(); ++i) batch.ids.push_back(ids[i]), batch.positions.push_back(static_cast<int64_t>(i));
  batch.segmentStarts = {0, batch.tokens()};
  return model.transformer().logits(model.weights(), model.transformer().hidden(model.weights(), adapters, batch));
}

} // namespace

TEST_CASE("tiny models: logits, loss and greedy answers equal transformers'") {
  for (const std::string variant : kVariants) {
    CAPTURE(variant);
    const Fixture fixture(variant);
    const auto model = fixture.open(api::Method::Lora);
    const std::vector<int32_t> &ids = fixture.rows[0].ids;
    // Silent bug 5 (RoPE layout): swap halves for pairs in applyRotary and this fails; row 0 has 40 positions.
    CHECK(differenceFrom(logitsOf(*model, nullptr, ids), fixture.tensor("logits")) < 1e-5);
    CHECK(differenceFrom(logitsOf(*model, model->adapters(), ids), fixture.tensor("lora_logits")) < 1e-5);
    CHECK(model->evaluate(batchOf(fixture.rows)) == doctest::Approx(fixture.reference["lora_loss_sum"].get<double>()).epsilon(1e-6));
    GenerateOptions options;
    options.maxNewTokens = 64;
    const std::vector<int32_t> prompt(ids.begin(), ids.begin() + 8);
    const auto base = generate(model->transformer(), model->weights(), nullptr, prompt, options);
    CHECK(base->ids == fixture.reference["greedy"].get<std::vector<int32_t>>());
    options.prefillChunk = 3; // the same answer whatever the pieces of the prompt
    const auto tuned = generate(model->transformer(), model->weights(), model->adapters(), prompt, options);
    CHECK(tuned->ids == fixture.reference["lora_greedy"].get<std::vector<int32_t>>());
  }
}

TEST_CASE("tiny models: every LoRA gradient equals PEFT's, whatever is recomputed") {
  for (const std::string variant : kVariants)
    for (const RecomputePolicy policy : {RecomputePolicy::None, RecomputePolicy::FeedForward, RecomputePolicy::Layer}) {
      CAPTURE(variant);
      CAPTURE(static_cast<int>(policy));
      const Fixture fixture(variant);
      const auto model = fixture.open(api::Method::Lora, policy);
      const double count = fixture.reference["count"].get<double>();
      const double sum = model->forwardBackward(batchOf(fixture.rows), 1.0 / count, {});
      CHECK(sum == doctest::Approx(fixture.reference["lora_loss_sum"].get<double>()).epsilon(1e-6));
      for (const NamedParameter &parameter : model->parameters()) {
        CAPTURE(parameter.name);
        REQUIRE(parameter.tensor.grad().defined());
        const Tensor expected = fixture.tensor("lora." + parameter.name);
        CHECK(differenceFrom(inFileOrder(parameter.tensor.grad(), parameter.name, model->config()), expected) < 1e-4);
      }
    }
}

TEST_CASE("tiny models: full gradients equal transformers', tied weights counted once") {
  for (const std::string variant : kVariants)
    for (const RecomputePolicy policy : {RecomputePolicy::None, RecomputePolicy::Layer}) {
      CAPTURE(variant);
      const Fixture fixture(variant);
      const auto model = fixture.open(api::Method::Full, policy);
      model->forwardBackward(batchOf(fixture.rows), 1.0 / fixture.reference["count"].get<double>(), {});
      // The gradients lie packed as the weights do: the same places name them.
      DecoderWeights gradients = model->weights();
      forEachTensor(gradients, [](Tensor &tensor) { tensor = tensor.grad(); });
      const ModelFamily &family = **familyOf(model->config());
      for (const NamedParameter &parameter : model->parameters()) // a head with normalised rows trains beside the weights
        if (parameter.name == family.head) gradients.head = parameter.tensor.grad();
      int checked = 0;
      for (const WeightPlace &place : weightPlaces(model->config(), family, gradients)) {
        CAPTURE(place.name);
        const Tensor flat = place.inFileOrder().cpu().reshape({-1});
        const Tensor sample = flat.as_strided({(flat.numel() + 36) / 37}, {37}, flat.storage_offset());
        const Tensor expected = fixture.tensor("full." + place.name), norm = fixture.tensor("fullnorm." + place.name);
        // A sample of a short tensor is one element, perhaps a small one: differences count against the usual size, too.
        const double usual = norm.item().toDouble() / std::sqrt(static_cast<double>(flat.numel()));
        CHECK((sample - expected).abs().max().item().toDouble() < 1e-4 * std::max(usual, expected.abs().max().item().toDouble()));
        CHECK(differenceFrom(place.target.norm().reshape({1}), fixture.tensor("fullnorm." + place.name)) < 1e-4);
        ++checked;
      }
      CHECK(checked >= 2 * 6 + 2);
    }
}

TEST_CASE("tiny models: AdamW steps follow transformers + PEFT") {
  for (const std::string variant : kVariants)
    for (const bool lora : {true, false}) {
      CAPTURE(variant);
      CAPTURE(lora);
      const Fixture fixture(variant);
      const auto model = fixture.open(lora ? api::Method::Lora : api::Method::Full);
      const data::MicroBatch batch = batchOf(fixture.rows);
      const double count = fixture.reference["count"].get<double>();
      PlainAdam optimizer(model->parameters(), fixture.reference[lora ? "lora_lr" : "full_lr"].get<double>());
      const auto expected = fixture.reference[lora ? "lora_losses" : "full_losses"].get<std::vector<double>>();
      for (size_t step = 0; step < expected.size(); ++step) {
        CAPTURE(step);
        CHECK(model->forwardBackward(batch, 1.0 / count, {}) / count == doctest::Approx(expected[step]).epsilon(1e-4));
        optimizer.step();
        model->parametersChanged();
      }
    }
}

TEST_CASE("tiny models: plain operators give the same logits and gradients as our loops") {
  for (const std::string variant : kVariants) {
    CAPTURE(variant);
    const Fixture fixture(variant);
    setPlainKernels(true);
    const auto model = fixture.open(api::Method::Lora, RecomputePolicy::Layer);
    CHECK(differenceFrom(logitsOf(*model, nullptr, fixture.rows[0].ids), fixture.tensor("logits")) < 1e-5);
    model->forwardBackward(batchOf(fixture.rows), 1.0 / fixture.reference["count"].get<double>(), {});
    for (const NamedParameter &parameter : model->parameters()) {
      CAPTURE(parameter.name);
      const Tensor gradient = inFileOrder(parameter.tensor.grad(), parameter.name, model->config());
      CHECK(differenceFrom(gradient, fixture.tensor("lora." + parameter.name)) < 1e-4);
    }
    setPlainKernels(false);
  }
}

TEST_CASE("tiny models: what training saves is the original layout and computes the same") {
  for (const std::string variant : kVariants)
    for (const bool lora : {true, false}) {
      CAPTURE(variant);
      CAPTURE(lora);
      const Fixture fixture(variant);
      const auto model = fixture.open(lora ? api::Method::Lora : api::Method::Full);
      const attune::test::TempFolder folder;
      REQUIRE(model->save(folder.path()).ok());
      auto again =
          LanguageModel::open(lora ? fixture.folder : folder.path() + "/model", lora ? folder.path() + "/adapter" : "", LoadOptions(at::kFloat, testDevice()));
      if (!again.ok()) FAIL(again.error().text());
      const std::vector<int32_t> &ids = fixture.rows[0].ids;
      const auto scores = tokenLogProbs(again->transformer, again->weights, again->adapters(), ids);
      const auto before = tokenLogProbs(model->transformer(), model->weights(), model->adapters(), ids);
      REQUIRE(scores.ok());
      for (size_t i = 1; i < ids.size(); ++i) CHECK(*(*scores)[i] == doctest::Approx(*(*before)[i]).epsilon(1e-6));
      REQUIRE(model->load(folder.path()).ok());
      if (lora) continue; // and the file holds the same values under the same names
      const auto written = io::openModel(folder.path() + "/model").value(), own = io::openModel(fixture.folder).value();
      for (const io::TensorInfo &info : own->tensors()) {
        CAPTURE(info.name);
        const io::TensorInfo *found = written->find(info.name);
        REQUIRE(found);
        CHECK(found->shape == info.shape);
        std::vector<float> left(static_cast<size_t>(info.elements())), right = left;
        REQUIRE(own->readFloat(info.name, 0, info.shape[0], left.data()).ok());
        REQUIRE(written->readFloat(info.name, 0, info.shape[0], right.data()).ok());
        CHECK(left == right);
      }
    }
}

TEST_CASE("scores are the log-probabilities of the given tokens") {
  const Fixture fixture("tiny_llama/tied");
  const auto model = fixture.open(api::Method::Lora);
  const std::vector<int32_t> &ids = fixture.rows[0].ids;
  int64_t rows = 0;
  const auto scores = tokenLogProbs(model->transformer(), model->weights(), nullptr, ids, nullptr, [&](const float *, int64_t n) -> Status {
    rows += n;
    return {};
  });
  REQUIRE(scores.ok());
  CHECK(rows == static_cast<int64_t>(ids.size()));
  const Tensor logits = fixture.tensor("logits").to(at::kDouble);
  for (size_t i = 1; i < ids.size(); ++i) {
    const Tensor row = logits[static_cast<int64_t>(i) - 1];
    const double total = (row - row.max()).exp().sum().log().item().toDouble() + row.max().item().toDouble();
    REQUIRE((*scores)[i].has_value());
    CHECK(*(*scores)[i] == doctest::Approx(row[ids[i]].item().toDouble() - total).epsilon(1e-4));
  }
  CHECK(tokenLogProbs(model->transformer(), model->weights(), nullptr, {5, 300}).error().code == ErrorCode::InvalidData);
  CHECK(tokenLogProbs(model->transformer(), model->weights(), nullptr, {}).error().code == ErrorCode::InvalidData);
}
