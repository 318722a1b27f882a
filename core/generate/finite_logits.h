// Whether a model's logits can be used: what generating and scoring check before they believe a number. Any thread.
#pragma once

#include "core/base/result.h"

#include <cstdint>

namespace attune::core {

/// NotFinite, with advice, when one of `count` logits is NaN or infinite.
Status checkFinite(const float *logits, int64_t count);

} // namespace attune::core
