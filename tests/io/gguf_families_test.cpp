// GGUF files that llama.cpp's own converter made of the tiny models (tests/parity/gguf_models.py): settings, names and values
// must come back as the Hugging Face folder has them, q and k in their order and Gemma's norms without the 1 added.
#include "core/io/weight_source.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace attune;
using namespace attune::io;

namespace {

std::string data(const std::string &name) { return std::string(ATTUNE_SOURCE_DIR) + "/tests/data/" + name; }

std::vector<float> valuesOf(const WeightSource &source, const TensorInfo &info) {
  std::vector<float> values(static_cast<size_t>(info.elements()));
  REQUIRE(source.readFloat(info.name, 0, info.shape[0], values.data()).ok());
  return values;
}

void checkSameRope(const RopeConfig &file, const RopeConfig &folder) {
  CHECK(file.theta == doctest::Approx(folder.theta));
  CHECK(file.scaling == folder.scaling);
  CHECK(file.factor == doctest::Approx(folder.factor));
  CHECK(file.attentionFactor == doctest::Approx(folder.attentionFactor));
  CHECK(file.rotaryDims == folder.rotaryDims);
  CHECK(file.interleaved == folder.interleaved);
  if (folder.scaling != "none" && folder.scaling != "linear") CHECK(file.originalContext == folder.originalContext);
  REQUIRE(file.divisors.size() == folder.divisors.size());
  for (size_t i = 0; i < folder.divisors.size(); ++i) {
    CHECK(file.divisors[i] == doctest::Approx(folder.divisors[i]));
    CHECK(file.longDivisors[i] == doctest::Approx(folder.longDivisors[i]));
  }
}

} // namespace

TEST_CASE("gguf families: llama.cpp's files give back what the Hugging Face folder holds") {
  // To see it fail: clear `permuted` of internlm2 or `normsPlusOne` of gemma2 in gguf_architecture.cpp.
  for (const std::string name : {"qwen2_yarn", "qwen3", "gemma2", "gemma3", "phi3", "phi4", "glm4", "internlm2", "smollm3", "baichuan2"}) {
    CAPTURE(name);
    const auto file = openModel(data("tiny_gguf/" + name + ".gguf"));
    if (!file.ok()) FAIL(file.error().text());
    const auto folder = openModel(data("tiny_families/" + name)).value();
    const ModelConfig &a = (*file)->config(), &b = folder->config();
    CHECK(a.architecture == b.architecture);
    CHECK(a.family == b.family);
    for (const auto member : {&ModelConfig::hidden, &ModelConfig::intermediate, &ModelConfig::layers, &ModelConfig::heads,
                              &ModelConfig::kvHeads, &ModelConfig::headDim, &ModelConfig::vocab})
      CHECK(a.*member == b.*member);
    for (const auto member : {&ModelConfig::normPlusOne, &ModelConfig::sandwichNorms, &ModelConfig::qkNorm, &ModelConfig::tiedEmbeddings,
                              &ModelConfig::fusedGateUp})
      CHECK(a.*member == b.*member);
    CHECK(a.normEps == doctest::Approx(b.normEps));
    CHECK(a.attentionSoftcap == b.attentionSoftcap);
    CHECK(a.finalSoftcap == b.finalSoftcap);
    CHECK(a.embedScale == b.embedScale);
    CHECK(a.layout == b.layout);
    CHECK(a.activation == b.activation);
    const bool intern = name == "internlm2"; // GGUF has no word for its dynamic scaling, nor the converter for its biases
    if (!intern) checkSameRope(a.rope, b.rope);
    checkSameRope(a.localRope, b.localRope);
    CHECK((*file)->tensors().size() + (intern ? 4 : 0) == folder->tensors().size());
    for (const TensorInfo &info : (*file)->tensors()) {
      CAPTURE(info.name);
      const TensorInfo *own = folder->find(info.name);
      REQUIRE(own);
      REQUIRE(own->shape == info.shape);
      const std::vector<float> got = valuesOf(**file, info), want = valuesOf(*folder, *own);
      float worst = 0;
      for (size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(got[i] - want[i]));
      const bool rounded = a.normPlusOne && info.shape.size() == 1; // the converter added its 1 in fp16
      CHECK(worst <= (rounded ? 5e-4f : 0.0f));
    }
  }
}
