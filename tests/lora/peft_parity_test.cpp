#include "core/generate/generator.h"
#include "core/lora/lora_file.h"
#include "core/lora/weight_changes.h"
#include "core/model/language_model.h"
#include "tests/support/model_fixture.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

const std::vector<int32_t> kIds = {3, 77, 201, 5, 9, 250, 13, 13, 42, 128, 31, 6}; // of tests/parity/peft_adapters.py

std::string baseOf(const std::string &adapter) {
  return dataPath("tiny_llama/") + readJson(adapter + "/adapter_config.json")["base_model_name_or_path"].get<std::string>();
}

Tensor logitsOf(LanguageModel &model, bool tuned) {
  data::MicroBatch batch;
  for (const int32_t id : kIds) batch.positions.push_back(static_cast<int64_t>(batch.ids.size())), batch.ids.push_back(id);
  batch.segmentStarts = {0, batch.tokens()};
  const DecoderWeights &weights = tuned ? model.tunedWeights : model.weights;
  return model.transformer.logits(weights, model.transformer.hidden(weights, tuned ? model.adapters() : nullptr, batch)).narrow(0, 10, 2);
}

} // namespace

// To see it fail: drop `ofBoth` in changedWeights, swap left and right in addChange, or let patternValue take the last match.
TEST_CASE("adapters of every kind that is read: logits and answers are PEFT's, the base stays what it was") {
  size_t count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(dataPath("peft"))) {
    const std::string adapter = entry.path().string();
    CAPTURE(adapter);
    auto model = LanguageModel::open(baseOf(adapter), adapter, at::kFloat);
    if (!model.ok()) FAIL(model.error().text());
    const auto reference = io::SafetensorsFile::open(adapter + "/reference.safetensors").value();
    CHECK(differenceFrom(logitsOf(*model, true), readTensor(*reference, "logits")) < 1e-5);
    auto plain = LanguageModel::open(baseOf(adapter), "", at::kFloat);
    CHECK(logitsOf(*model, false).equal(logitsOf(*plain, false)));
    GenerateOptions options;
    options.maxNewTokens = 8;
    const auto answer = generate(model->transformer, model->tunedWeights, model->adapters(), kIds, options);
    std::vector<int32_t> greedy;
    const Tensor ids = readTensor(*reference, "greedy");
    for (int64_t i = 0; i < ids.numel(); ++i) greedy.push_back(static_cast<int32_t>(ids.data_ptr<float>()[i]));
    CHECK(answer->ids == greedy);
    ++count;
  }
  CHECK(count == 19);
}

// To see it fail: leave a tied head out of forEachChanged's visits, or compare data() instead of the storage.
TEST_CASE("what an adapter of every kind adds to memory is known from its header, to the byte") {
  int64_t most = 0;
  for (const auto &entry : std::filesystem::directory_iterator(dataPath("peft"))) {
    const std::string adapter = entry.path().string();
    CAPTURE(adapter);
    auto model = LanguageModel::open(baseOf(adapter), adapter, at::kFloat).value();
    std::map<const void *, int64_t> own;
    forEachTensor(model.tunedWeights, [&](const Tensor &tensor) { own[tensor.data_ptr()] = static_cast<int64_t>(tensor.nbytes()); });
    forEachTensor(model.weights, [&](const Tensor &tensor) { own.erase(tensor.data_ptr()); });
    int64_t measured = 0;
    for (const auto &[data, bytes] : own) measured += bytes;
    const io::ModelConfig &config = model.transformer.config();
    const ModelFamily &family = *familyOf(config).value();
    const auto read = [&](AdapterParts parts) {
      return readAdapter(adapter, linearModules(config, family), wholeTensors(config, family), parts).value();
    };
    const LoraAdapter shapes = read(AdapterParts::Shapes), values = read(AdapterParts::Values);
    CHECK(changedBytes(shapes, config, family, at::kFloat) == measured);
    CHECK(changedBytes(shapes, config, family, at::kBFloat16) == measured / 2);
    REQUIRE(shapes.modules.size() == values.modules.size());
    for (size_t i = 0; i < shapes.modules.size(); ++i) {
      CHECK(shapes.modules[i].a.sizes() == values.modules[i].a.sizes());
      CHECK(shapes.modules[i].b.is_meta());
    }
    most = std::max(most, measured);
  }
  CHECK(most >= 2 * 257 * 64 * 4); // embedding and head
}

TEST_CASE("an adapter that trained more than LoRA in the blocks is not trained further, and says why") {
  for (const char *name : {"embedding", "head_tied", "saved_norms", "base_saved_tied"}) {
    CAPTURE(name);
    TrainingSetup setup;
    setup.initAdapter = dataPath("peft/") + name;
    const auto refused = TransformerModel::open(baseOf(setup.initAdapter), setup);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::UnsupportedFormat);
    CHECK(refused.error().message.find("not train further") != std::string::npos);
  }
  TrainingSetup setup;
  setup.initAdapter = dataPath("peft/regex");
  CHECK(TransformerModel::open(baseOf(setup.initAdapter), setup).ok());
}
