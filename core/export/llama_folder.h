// What stands beside the weights of a model written as a plain LlamaForCausalLM: config.json in transformers' words, tokenizer
// files that need no Python of the model's own, a chat template in place of Baichuan2's role tokens. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/io/model_config.h"

#include <string>

namespace attune::core {

/// `original` is the config of the model in the folder or GGUF file `source`, `llama` that of the weights written.
Status writeLlamaFiles(const std::string &folder, const std::string &source, const io::ModelConfig &original, const io::ModelConfig &llama,
                       const std::string &dtype);

} // namespace attune::core
