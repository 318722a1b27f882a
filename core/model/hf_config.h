// config.json for a decoder that came without one (from a GGUF file), in words that every transformers since 4.40 reads.
// Pure functions, any thread.
#pragma once

#include "core/base/result.h"
#include "core/io/model_config.h"

#include <string>

namespace attune::core {

/// UnsupportedModel when config.json has no words for this decoder; `where` names the model.
Status checkHfConfig(const io::ModelConfig &config, const std::string &where);

/// The config.json text that transformers reads for this decoder.
std::string hfConfigJson(const io::ModelConfig &config, const std::string &dtype);

} // namespace attune::core
