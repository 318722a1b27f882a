// The tensors that a model of a given shape consists of, by their Hugging Face names. Pure functions, any thread.
#pragma once

#include "core/io/weight_source.h"

#include <string>
#include <vector>

namespace attune::core {
struct ModelFamily;
}

namespace attune::io {

struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape; // row-major, torch order
};

/// Every tensor a checkpoint of this shape must hold, in the order of the layers; a tied head is left out.
std::vector<ExpectedTensor> expectedTensors(const ModelConfig &config);

/// MalformedFile for the first tensor that is missing or has another shape, UnsupportedFormat for a stored type
/// that readFloat() cannot decode and for what another tool's quantised weights need beside them.
Status checkTensors(const WeightSource &source, const std::string &where);

/// Whether a tensor is of another part of a larger model, as the picture encoder of Gemma 3.
bool isApart(const std::string &name, const core::ModelFamily &family);

/// Tensors that a model with these settings does not have, so that nothing reads them: a bias or a layer too many.
std::vector<std::string> surplusTensors(const WeightSource &source);
/// One sentence about them; empty when there are none.
std::string surplusText(const std::vector<std::string> &surplus);

/// MalformedFile with the first tensor that holds NaN or infinite values. Reads all weights.
Status checkFiniteTensors(const WeightSource &source);

} // namespace attune::io
