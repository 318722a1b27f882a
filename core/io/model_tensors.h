// The tensors that a model of a given shape consists of, by their Hugging Face names. Pure functions, any thread.
#pragma once

#include "core/io/weight_source.h"

#include <string>
#include <vector>

namespace attune::io {

struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape; // row-major, torch order
};

/// Every tensor a checkpoint of this shape must hold, in the order of the layers; a tied head is left out.
std::vector<ExpectedTensor> expectedTensors(const ModelConfig &config);

/// MalformedFile for the first tensor that is missing or has another shape, UnsupportedFormat for a stored type
/// that readFloat() cannot decode.
Status checkTensors(const WeightSource &source, const std::string &where);

} // namespace attune::io
