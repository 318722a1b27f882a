// The rotary settings of a GGUF file: metadata, and the tables of divisors that stand for llama3 and longrope scaling.
// Pure functions, any thread.
#pragma once

#include "core/io/gguf_metadata.h"
#include "core/io/model_config.h"

namespace attune::io {

/// From the metadata alone. Reads config.headDim and config.context.
void readGgufRope(MetadataReader &metadata, ModelConfig &config);

/// From the tables rope_freqs and rope_factors_long and _short, where the file has them; after checkData() succeeded.
Status readGgufRopeTables(const GgufFile &file, ModelConfig &config);

} // namespace attune::io
