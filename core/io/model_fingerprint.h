// The identity of a model as training sees it: every byte of its weights, settings, tokenizer and chat template.
// Tells a model that has moved from one that has changed. Blocking, several threads, at the speed of reading.
#pragma once

#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <string>

namespace attune::io {

/// 64 hex digits for the model at `path` (a folder or a .gguf file), opened as `source`. Errors of opening its files.
Result<std::string> modelFingerprint(const std::string &path, const WeightSource &source);

} // namespace attune::io
