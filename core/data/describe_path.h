// What a path is - model, adapter, GGUF or safetensors file, run folder or dataset - and what is wrong with it.
// The content of `attune inspect`. Any thread; reads headers and, for a dataset, its rows once.
#pragma once

#include "core/io/describe.h"

#include <string>

namespace attune::data {

/// FileNotFound for a missing path, UnsupportedFormat when it is nothing Attune knows; otherwise a description whose
/// `error`, if set, says why the thing cannot be used.
Result<io::Description> describePath(const std::string &path);

} // namespace attune::data
