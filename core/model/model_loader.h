// From a weight source to the decoder's packed tensors in the compute type, tensor by tensor and on all threads.
// Peak memory: the result, one chunk a thread and the source's pages in flight. Job thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/io/weight_source.h"
#include "core/model/families/model_family.h"
#include "core/nn/decoder_weights.h"

#include <memory>
#include <string>
#include <vector>

namespace attune::core {

/// One tensor of the checkpoint and where its rows lie in ours.
struct WeightPlace {
  std::string name; // with ".weight" or ".bias"
  Tensor target;    // the rows themselves, a view of a packed tensor
  /// The file's row of each of ours where the order differs (io::groupedRows); null = the same.
  std::shared_ptr<const std::vector<int64_t>> storedRows;
  /// The tensor in the file's order: the target itself, or a copy.
  Tensor inFileOrder() const;
};

/// The decoder's tensors in their shapes, without memory.
DecoderWeights weightShapes(const io::ModelConfig &config, at::ScalarType type);

/// Every tensor of the checkpoint with its place in `weights`. A tied head has no place of its own, nor have quantised matrices.
std::vector<WeightPlace> weightPlaces(const io::ModelConfig &config, const ModelFamily &family, const DecoderWeights &weights);

/// The packed matrix of a layer that a linear module is part of.
Weight &matrixOf(LayerWeights &layer, PackedMatrix matrix);

/// What the weights become.
struct LoadOptions {
  LoadOptions(at::ScalarType computeType, at::Device where = at::kCPU) : type(computeType), device(where) {}
  at::ScalarType type; // kFloat, kBFloat16 or kHalf
  at::Device device;
  bool embeddingOnHost = false; // unless the head is the embedding
  bool rawHead = false;         // with headNorm: the head as it is in the file, not with its rows scaled to length 1
  /// Of the blocks' linear layers. A file that holds them in NF4 keeps its codes under Nf4, and what it left dense dense.
  api::Quantization quantization = api::Quantization::None;
  bool quantiseEmbeddings = false; // embedding and head in int8 rows, one matrix where tied; under headNorm the rows as they are used
};

/// Reads all weights. MissingInFolder for an absent tensor, MalformedFile for one with the wrong shape or, where it is to be
/// quantised, with values that are not finite.
Result<DecoderWeights> loadWeights(const io::WeightSource &source, const LoadOptions &options);

/// Reads tensors of these names and shapes into the places where they are. Errors as loadWeights; then some places may be filled.
Status readWeights(const io::WeightSource &source, const std::vector<WeightPlace> &places);

} // namespace attune::core
