// A model for answering and scoring: weights, and perhaps an adapter, in one compute type. One owner, one thread.
#pragma once

#include "core/base/result.h"
#include "core/model/model_loader.h"
#include "core/nn/transformer.h"

#include <string>

namespace attune::core {

struct LanguageModel {
  explicit LanguageModel(io::ModelConfig config) : transformer(std::move(config)) {}
  Transformer transformer;
  DecoderWeights weights;
  DecoderWeights tunedWeights; // what adapters() goes with: the same tensors but those that the adapter trained whole
  DecoderAdapters bound;       // empty without an adapter
  bool dequantised = false;    // stored in NF4 and wanted dense
  std::string surplus;         // what the file holds beside the model's tensors, a sentence; empty = nothing
  const DecoderAdapters *adapters() const { return bound.empty() ? nullptr : &bound; }

  /// Loads a MODEL and, unless empty, an ADAPTER. Errors of openModel, readAdapter (read first) and loadWeights.
  static Result<LanguageModel> open(const std::string &modelPath, const std::string &adapterPath, const LoadOptions &options);
};

} // namespace attune::core
