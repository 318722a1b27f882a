// Writes a decoder as a Hugging Face folder that transformers can open: weights under their own names, config.json, and
// the tokenizer's files of the model it came from. Job thread, blocking; each file is atomic.
#pragma once

#include "core/base/result.h"
#include "core/model/model_loader.h"

#include <string>
#include <vector>

namespace attune::core {

/// Writes `places` (fp32 or bf16 tensors, names with ".weight") to `folder`/model.safetensors and config.json beside it.
/// `sourcePath` is the model the weights came from: a folder's config and tokenizer files are carried over; for a GGUF
/// config.json is written anew and the note in `warning` says that tokenizer files are to be taken from elsewhere.
Status writeHfFolder(const std::string &folder, const io::ModelConfig &config, const std::vector<WeightPlace> &places,
                     const std::string &sourcePath, std::string *warning = nullptr);

/// UnsupportedModel when config.json has no words for this decoder and there is none to carry over: asked before training.
Status checkWritable(const io::ModelConfig &config, const std::string &sourcePath);

} // namespace attune::core
