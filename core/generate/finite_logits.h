// Whether a model's logits can be used: what generating and scoring check before they believe a number. Any thread.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace attune::core {

/// NotFinite, with advice, when one of `count` logits is NaN or infinite.
Status checkFinite(const float *logits, int64_t count);

/// `error` as it is, or for NotFinite the damaged tensor of the model where there is one: only then all weights are read.
Error withCause(const Error &error, const std::string &modelPath);

} // namespace attune::core
