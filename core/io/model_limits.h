// The bounds every model description has to keep, whichever file it came from: with them no product of its
// dimensions overflows 63 bits. Pure functions, any thread.
#pragma once

#include "core/io/model_config.h"

#include <string>

namespace attune::io {

/// MalformedFile with the field of the first dimension or setting out of bounds: of a config.json, or with `ggufPrefix`
/// ("llama.") of a GGUF file's metadata.
Status checkModelLimits(const ModelConfig &model, const std::string &where, const std::string &ggufPrefix = "");

} // namespace attune::io
