// A cheap identity of a model's weights: names, shapes, types and the first row of every tensor.
// Two models that differ only deep inside a row would look alike; hashing every byte of a large model would take minutes.
#pragma once

#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <string>

namespace attune::io {

/// 64 hex digits. Errors of readFloat.
Result<std::string> modelFingerprint(const WeightSource &source);

} // namespace attune::io
