// What waits on the host changes no bit. Tried on $ATTUNE_TEST_DEVICE; on the CPU nothing leaves its place.
#include "tests/support/model_fixture.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

// To see it fail on a card: let take() give back the tensor stored before, or wait for no event.
TEST_CASE("offload: loss, gradients and answers are those of a run that keeps all on its device, to the bit") {
  for (const std::string variant : {"tiny_families/baichuan2", "tiny_families/qwen3", "tiny_llama/tied"}) {
    CAPTURE(variant);
    const std::string folder = dataPath(variant);
    const Json reference = readJson(folder + "/reference.json");
    const data::MicroBatch batch = batchOf(samples(reference["rows"]));
    std::vector<Tensor> gradients[2];
    double sums[2] = {};
    for (const bool offload : {false, true}) {
      TrainingSetup setup;
      setup.initAdapter = folder + "/adapter";
      setup.recompute = RecomputePolicy::Layer;
      setup.device = testDevice();
      setup.offloadCheckpoints = setup.offloadEmbedding = offload;
      const auto model = TransformerModel::open(folder, setup);
      REQUIRE(model.ok());
      for (int pass = 0; pass < 2; ++pass) sums[offload] += (*model)->forwardBackward(batch, 0.01, {}); // memory is used again
      for (const NamedParameter &parameter : (*model)->parameters()) gradients[offload].push_back(parameter.tensor.grad().cpu());
    }
    CHECK(sums[0] == sums[1]);
    REQUIRE(gradients[0].size() == gradients[1].size());
    for (size_t i = 0; i < gradients[0].size(); ++i) CHECK(gradients[0][i].equal(gradients[1][i]));
  }
}
