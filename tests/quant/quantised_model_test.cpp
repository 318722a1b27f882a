// Whole models with quantised bases: how they are loaded, that they compute what their values compute, and that training leaves
// the base alone.
#include "core/base/sha256.h"
#include "core/generate/generator.h"
#include "core/generate/scorer.h"
#include "core/lora/lora_inject.h"
#include "core/model/language_model.h"
#include "core/plan/memory_planner.h"
#include "core/quant/int8.h"
#include "core/quant/nf4.h"
#include "tests/support/compute_limit.h"
#include "tests/support/model_fixture.h"
#include "tests/support/nf4_folder.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;
using namespace attune::test;

namespace {

const std::string kTiny = dataPath("tiny_llama/tied");
const api::Quantization kKinds[] = {api::Quantization::Nf4, api::Quantization::Int8};

LoadOptions quantisedAs(api::Quantization kind, at::ScalarType type = at::kFloat) {
  LoadOptions options(type);
  options.quantization = kind;
  return options;
}

DecoderWeights load(const io::WeightSource &source, const LoadOptions &options) {
  auto weights = loadWeights(source, options);
  if (!weights.ok()) FAIL(weights.error().text());
  return std::move(*weights);
}

void forEachMatrix(DecoderWeights &weights, const std::function<void(Weight &)> &visit) {
  for (LayerWeights &layer : weights.layers)
    for (Weight *matrix : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) visit(*matrix);
}

/// The same model with every quantised matrix replaced by its values.
DecoderWeights decoded(DecoderWeights weights, at::ScalarType type = at::kFloat) {
  forEachMatrix(weights, [&](Weight &matrix) {
    if (matrix.quantised()) matrix = matrix.quantised()->dense(type);
  });
  return weights;
}

ByteView bytesOf(const Tensor &tensor) { return {static_cast<const uint8_t *>(tensor.data_ptr()), tensor.nbytes()}; }

/// Every byte of the quantised base.
std::string baseHash(DecoderWeights weights) {
  Sha256 hash;
  forEachMatrix(weights, [&](Weight &matrix) {
    REQUIRE(matrix.quantised() != nullptr);
    for (const auto &part : matrix.quantised()->parts())
      for (const Tensor *tensor : part.module->tensors()) hash.update(bytesOf(*tensor));
  });
  forEachTensor(weights, [&](Tensor &tensor) { hash.update(bytesOf(tensor)); });
  return hash.hex();
}

TrainingSetup qlora(api::Quantization kind) {
  TrainingSetup setup;
  setup.lora.rank = 4;
  setup.lora.alpha = 8;
  setup.lora.dropout = 0.1;
  setup.quantization = kind;
  return setup;
}

std::unique_ptr<TransformerModel> openTiny(const TrainingSetup &setup) {
  auto model = TransformerModel::open(kTiny, setup);
  if (!model.ok()) FAIL(model.error().text());
  return std::move(*model);
}

data::MicroBatch tinyBatch() { return batchOf(samples(readJson(kTiny + "/reference.json")["rows"])); }

std::vector<Tensor> gradients(TransformerModel &model, const PassSeed &seed = {1, 2, 3}) {
  clearGradients(model);
  model.forwardBackward(tinyBatch(), 0.01, seed);
  std::vector<Tensor> all;
  for (const NamedParameter &parameter : model.parameters()) all.push_back(parameter.tensor.grad().clone());
  return all;
}

} // namespace

// To see it fail: quantise q, k and v as one, or rows kept by groups in our order instead of the file's.
TEST_CASE("quantised while loading: each module of every family is what its own quantisation makes of the file") {
  for (const char *name : {"baichuan2", "internlm2", "phi3", "glm4", "qwen2", "gemma2", "qwen3"}) {
    CAPTURE(name);
    const auto source = io::openModel(dataPath(std::string("tiny_families/") + name)).value();
    const ModelFamily &family = **familyOf(source->config());
    for (const auto kind : kKinds) {
      DecoderWeights weights = load(*source, quantisedAs(kind)), dense = load(*source, LoadOptions(at::kFloat));
      for (const LinearModule &module : linearModules(source->config(), family)) {
        const Weight &packed = matrixOf(weights.layers[static_cast<size_t>(module.layer)], module.matrix);
        REQUIRE(packed.quantised() != nullptr);
        std::vector<float> values(static_cast<size_t>(module.outputs() * module.inputs));
        REQUIRE(source->readFloat(module.name + ".weight", 0, module.outputs(), values.data()).ok());
        const auto alone = QuantisedModule::make(kind, module.outputs(), module.inputs);
        REQUIRE(alone->encode(0, module.outputs(), values.data()));
        alone->finish();
        Tensor expected = at::empty({module.outputs(), module.inputs}, at::kFloat);
        alone->decodeInto(expected);
        const Tensor mine = packed.quantised()->dense(at::kFloat).narrow(0, module.rowBegin, module.outputs());
        const auto order = io::groupedRows(source->config());
        for (int64_t row = 0; row < module.outputs(); ++row)
          REQUIRE(mine[row].equal(expected[module.grouped ? order[static_cast<size_t>(row)] : row]));
        const Tensor original = matrixOf(dense.layers[static_cast<size_t>(module.layer)], module.matrix).dense();
        CHECK(differenceFrom(mine, original.narrow(0, module.rowBegin, module.outputs())) < 0.25);
      }
      CHECK(weights.embedding.dense().equal(dense.embedding.dense()));
      CHECK(weights.head.dense().equal(dense.head.dense()));
      const int threads = at::get_num_threads();
      at::set_num_threads(1);
      CHECK(baseHash(load(*source, quantisedAs(kind))) == baseHash(weights));
      at::set_num_threads(threads);
    }
  }
}

// To see it fail: quantise the decoded values anew (Builder::take), or leave out their double quantisation.
TEST_CASE("4-bit checkpoints: the codes are taken as they are, and logits are those of bitsandbytes' values") {
  for (const char *name : {"llama_nf4", "llama_nf4_single"}) {
    CAPTURE(name);
    const auto source = io::openModel(quantData(name)).value();
    const auto file = io::SafetensorsFile::open(quantData(std::string(name) + "/reference.safetensors")).value();
    const Tensor ids = readTensor(*file, "ids"), logits = readTensor(*file, "logits");
    const std::vector<int32_t> row(ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + ids.numel());
    Transformer transformer(source->config());
    for (const auto kind : {api::Quantization::Nf4, api::Quantization::None, api::Quantization::Int8}) {
      const DecoderWeights weights = load(*source, quantisedAs(kind));
      CHECK(static_cast<bool>(weights.layers[0].qkv.quantised()) == (kind != api::Quantization::None));
      Tensor mine = at::empty_like(logits);
      int64_t at = 0;
      REQUIRE(tokenLogProbs(transformer, weights, nullptr, row, nullptr, [&](const float *values, int64_t rows) -> Status {
                std::copy_n(values, rows * logits.size(1), mine.data_ptr<float>() + at * logits.size(1));
                at += rows;
                return {};
              }).ok());
      CHECK(differenceFrom(mine, logits) < (kind == api::Quantization::Int8 ? 0.05 : 1e-5));
    }
    const DecoderWeights stored = load(*source, quantisedAs(api::Quantization::Nf4));
    const auto &q = static_cast<const Nf4Module &>(*stored.layers[0].qkv.quantised()->parts()[0].module);
    const RawTensors raw = readRaw(quantData(std::string(name) + "/model.safetensors"));
    const std::string &codes = raw.at("model.layers.0.self_attn.q_proj.weight").bytes;
    CHECK(std::memcmp(q.parts().packed.data_ptr(), codes.data(), codes.size()) == 0);
    CHECK(q.parts().scales.defined() == (std::string(name) == "llama_nf4_single"));
  }
  // The dense original, quantised here, is the checkpoint.
  const TempFolder folder;
  std::string config = readFile(quantData("llama_nf4/config.json"), 1 << 20).value();
  const size_t begin = config.find("\"quantization_config\""), end = config.find("},", begin);
  folder.write("config.json", config.erase(begin, end + 2 - begin));
  writeRaw(folder.path() + "/model.safetensors", readRaw(quantData("llama_dense.safetensors")));
  const auto dense = io::openModel(folder.path()).value(), stored = io::openModel(quantData("llama_nf4")).value();
  CHECK(baseHash(load(*dense, quantisedAs(api::Quantization::Nf4))) == baseHash(load(*stored, quantisedAs(api::Quantization::Nf4))));
}

// To see it fail: quantise whatever the checkpoint left dense (quantised_loader.cpp, make()).
TEST_CASE("4-bit checkpoints: a module that was left dense stays so") {
  const TempFolder folder;
  RawTensors tensors = readRaw(quantData("llama_nf4/model.safetensors"));
  const RawTensors original = readRaw(quantData("llama_dense.safetensors"));
  const std::string up = "model.layers.0.mlp.up_proj.weight";
  for (auto item = tensors.begin(); item != tensors.end();) item = item->first.rfind(up, 0) == 0 ? tensors.erase(item) : std::next(item);
  tensors[up] = original.at(up);
  writeNf4Folder(folder, tensors);
  const auto source = io::openModel(folder.path()).value();
  const DecoderWeights weights = load(*source, quantisedAs(api::Quantization::Nf4));
  CHECK(weights.layers[0].qkv.quantised() != nullptr);
  REQUIRE(weights.layers[0].gateUp.quantised() == nullptr);
  const Tensor rows = weights.layers[0].gateUp.dense().narrow(0, 96, 96);
  CHECK(std::memcmp(rows.data_ptr(), original.at(up).bytes.data(), rows.nbytes()) == 0);
}

// To see it fail: leave out the finiteness check of Builder::encode.
TEST_CASE("weights that are not finite are refused where they are to be quantised, by name") {
  const TempFolder folder;
  std::string config = readFile(quantData("llama_nf4/config.json"), 1 << 20).value();
  const size_t begin = config.find("\"quantization_config\""), end = config.find("},", begin);
  folder.write("config.json", config.erase(begin, end + 2 - begin));
  RawTensors tensors = readRaw(quantData("llama_dense.safetensors"));
  const std::string name = "model.layers.0.mlp.down_proj.weight";
  tensors[name].bytes.replace(400, 4, std::string("\0\0\xc0\x7f", 4));
  writeRaw(folder.path() + "/model.safetensors", tensors);
  const auto source = io::openModel(folder.path()).value();
  for (const auto kind : kKinds) {
    const auto weights = loadWeights(*source, quantisedAs(kind));
    REQUIRE_FALSE(weights.ok());
    CHECK(weights.error().code == ErrorCode::MalformedFile);
    CHECK(weights.error().message.find(name) != std::string::npos);
  }
}

TEST_CASE("a quantised model computes what its values compute: loss and gradients to the bit, generation too") {
  for (const auto kind : kKinds) {
    const auto model = openTiny(qlora(kind));
    for (NamedParameter &parameter : model->parameters())
      if (parameter.isLoraB) drawLora(parameter.tensor, parameter.name, 9, 0.5);
    const DecoderWeights dense = decoded(model->weights());
    for (const auto recompute : {RecomputePolicy::None, RecomputePolicy::FeedForward, RecomputePolicy::Layer}) {
      TrainingSetup setup = qlora(kind);
      setup.recompute = recompute;
      const auto other = openTiny(setup);
      for (NamedParameter &parameter : other->parameters())
        if (parameter.isLoraB) drawLora(parameter.tensor, parameter.name, 9, 0.5);
      const auto mine = gradients(*other), first = gradients(*model);
      for (size_t i = 0; i < first.size(); ++i) CHECK(mine[i].equal(first[i]));
    }
    CHECK(model->evaluate(tinyBatch()) == [&] { // the same adapter on the values
      at::NoGradGuard noGrad;
      model->parametersChanged();
      return model->transformer().lossSum(dense, model->adapters(), tinyBatch(), {}).item().toDouble();
    }());
    // Token by token, straight from the codes.
    GenerateOptions options;
    options.maxNewTokens = 12;
    options.sampling.greedy = true;
    const auto quick = generate(model->transformer(), model->weights(), model->adapters(), {1, 7, 9, 4, 30, 2}, options);
    const auto slow = generate(model->transformer(), dense, model->adapters(), {1, 7, 9, 4, 30, 2}, options);
    REQUIRE(quick.ok());
    CHECK(quick->ids == slow->ids);
  }
}

// Silent bugs 12, 19 and 20. To see it fail: let AdamW step through QuantisedModule::tensors(), or compute in the type of the codes.
TEST_CASE("silent bug 19: training on a quantised base changes no byte of it, and every adapter learns") {
  for (const auto kind : kKinds) {
    for (const auto type : {at::kFloat, lowType()}) {
      TrainingSetup setup = qlora(kind);
      setup.recompute = RecomputePolicy::Layer;
      setup.compute = type;
      const auto model = openTiny(setup);
      const std::string before = baseHash(model->weights());
      PlainAdam adam(model->parameters(), 1e-2);
      double first = 0, last = 0;
      for (int step = 0; step < 20; ++step) {
        clearGradients(*model);
        last = model->forwardBackward(tinyBatch(), 0.01, {1, static_cast<uint64_t>(step), 0});
        if (step == 0) {
          first = last;
          for (const NamedParameter &parameter : model->parameters()) { // A's gradient is zero as long as B is
            CAPTURE(parameter.name);
            if (parameter.isLoraB) CHECK(parameter.tensor.grad().abs().max().item<float>() > 0);
          }
        }
        for (const NamedParameter &parameter : model->parameters()) CHECK((parameter.tensor.scalar_type() == at::kFloat));
        adam.step();
        model->parametersChanged();
      }
      CHECK(last < 0.9 * first);
      CHECK(baseHash(model->weights()) == before);
      CHECK(model->parameters().size() == 2 * 2 * 7);
    }
  }
}

// To see it fail: forecast NF4 at 4 bits without its scales, or int8 with 2 bytes a row.
TEST_CASE("the forecast of a quantised base is the bytes of its tensors") {
  for (const char *name : {"tiny_llama/tied", "tiny_families/internlm2", "tiny_families/baichuan2", "tiny_families/gemma2"}) {
    CAPTURE(name);
    const auto source = io::openModel(dataPath(name)).value();
    for (const auto kind : kKinds) {
      for (const auto &[precision, tables] : {std::pair(api::Precision::Fp32, false), std::pair(api::Precision::Bf16, false),
                                              std::pair(api::Precision::Fp32, true), std::pair(api::Precision::Bf16, true)}) {
        const bool half = precision == api::Precision::Bf16;
        LoadOptions options = quantisedAs(kind, half ? at::kBFloat16 : at::kFloat);
        options.quantiseEmbeddings = tables;
        DecoderWeights weights = load(*source, options);
        int64_t codes = 0, state = 0, dense = 0, largest = 0, layer = 0;
        forEachMatrix(weights, [&](Weight &matrix) {
          codes += matrix.quantised()->codeBytes();
          state += matrix.quantised()->stateBytes();
          const int64_t elements = matrix.quantised()->rows() * matrix.quantised()->columns();
          largest = std::max(largest, elements);
          layer += elements;
        });
        layer /= static_cast<int64_t>(weights.layers.size());
        forEachTensor(weights, [&](Tensor &tensor) {
          if (&tensor != &weights.head.dense() || !source->config().tiedEmbeddings) dense += static_cast<int64_t>(tensor.nbytes());
        });
        for (const TokenTable *table : {&weights.embedding, &weights.head}) {
          if (!tables || (table == &weights.head && source->config().tiedEmbeddings)) continue;
          codes += table->quantised()->codeBytes();
          state += table->quantised()->stateBytes();
        }
        api::RunConfig config;
        config.precision = precision;
        config.quantization = kind;
        config.quantizeEmbeddings = tables;
        const auto item = [&](const std::string &wanted) {
          for (const MemoryItem &one : forecastMemory(source->config(), config, {}).items)
            if (one.name == wanted) return one.bytes;
          return int64_t(0);
        };
        CHECK(item("weights") == codes + dense);
        CHECK(item("quant_state") == state);
        CHECK(item("dequant") == largest * (half ? 2 : 4));
        config.checkpointing = api::Checkpointing::Full;
        CHECK(item("dequant") == layer * (half ? 2 : 4));
        config.quantization = api::Quantization::None;
        CHECK(item("quant_state") == 0);
        CHECK(item("dequant") == 0);
      }
    }
  }
}
