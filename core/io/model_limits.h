// The bounds every model description has to keep, whichever file it came from: with them no product of its
// dimensions overflows 63 bits. Pure functions, any thread.
#pragma once

#include "core/io/model_config.h"

#include <string>

namespace attune::io {

/// MalformedFile naming the first dimension or setting out of bounds.
Status checkModelLimits(const ModelConfig &model, const std::string &where);

} // namespace attune::io
