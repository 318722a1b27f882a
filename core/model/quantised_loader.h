// Matrices in few bits: room for them and the jobs that fill it; the blocks' module by module as bitsandbytes has them. Job thread.
#pragma once

#include "core/io/weight_source.h"
#include "core/model/families/model_family.h"
#include "core/model/load_jobs.h"
#include "core/model/model_loader.h"
#include "core/quant/quantised_matrix.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace attune::core {

/// By layer and packed matrix.
using QuantisedLayers = std::map<std::pair<int64_t, PackedMatrix>, std::shared_ptr<const QuantisedMatrix>>;

/// Every matrix that options.quantization wants quantised, empty, and the jobs that fill them. Modules that the source holds in
/// NF4 keep its codes; a matrix of such a source that it holds dense, even in part, is left out.
QuantisedLayers quantisedLayers(const io::WeightSource &source, const ModelFamily &family, const LoadOptions &options,
                                std::vector<LoadJob> &jobs);

/// Embedding and head in int8, or nothing where options.quantiseEmbeddings is not set.
struct QuantisedTables {
  TokenTable embedding, head; // the same matrix where tied
};
QuantisedTables quantisedTables(const io::WeightSource &source, const ModelFamily &family, const LoadOptions &options,
                                std::vector<LoadJob> &jobs);

} // namespace attune::core
