// A language model in a GGUF file, seen as a Hugging Face one: settings from metadata, tensors renamed, the q/k row
// permutation of llama files undone. Implementation of openModel() for files; same errors and threads as weight_source.h.
#pragma once

#include "core/io/gguf_file.h"
#include "core/io/weight_source.h"

#include <memory>
#include <string>

namespace attune::io {

/// The model's settings from the metadata. UnsupportedModel names what does not fit.
Result<ModelConfig> ggufModelConfig(const GgufFile &file);

/// See openModel(); `path` is a file.
Result<std::unique_ptr<WeightSource>> openGgufModel(const std::string &path, bool headerOnly);

/// The same for a file already opened.
Result<std::unique_ptr<WeightSource>> ggufWeightSource(std::shared_ptr<const GgufFile> file, bool headerOnly);

/// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight" in a Llama; empty for names without a counterpart.
std::string huggingFaceName(const std::string &ggufName, const ModelConfig &config);

} // namespace attune::io
