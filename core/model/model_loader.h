// From a weight source to the decoder's packed tensors in the compute type, tensor by tensor and on all threads.
// Peak memory: the result, one chunk a thread and the source's pages in flight. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/io/weight_source.h"
#include "core/model/model_registry.h"
#include "core/nn/decoder_weights.h"

#include <string>
#include <vector>

namespace attune::core {

/// One tensor of the checkpoint and where its rows lie in ours: `target` is rows [rowBegin, ..) of a packed tensor.
struct WeightPlace {
  std::string name; // with ".weight" or ".bias"
  Tensor target;    // the rows themselves, a view
};

/// Every tensor of the checkpoint with its place in `weights`. A tied head has no place of its own.
std::vector<WeightPlace> weightPlaces(const io::ModelConfig &config, const ModelFamily &family, const DecoderWeights &weights);

/// Reads all weights as `type` (kFloat or kBFloat16). MissingInFolder for an absent tensor, MalformedFile for one with the
/// wrong shape or one nobody asked for that looks like a weight of the model.
Result<DecoderWeights> loadWeights(const io::WeightSource &source, at::ScalarType type);

} // namespace attune::core
