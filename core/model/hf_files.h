// What a Hugging Face folder holds beside weights, taken over from the folder a model came from. Job thread, blocking; each
// file is atomic.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>

namespace attune::core {

bool isFolder(const std::string &path);

/// Copies tokenizer, template, generation settings and licences to `folder`, and with `code` the Python files that config.json's
/// auto_map names: without them transformers cannot open the folder (Baichuan, InternLM2).
Status carryFiles(const std::string &source, const std::string &folder, bool code = true);

/// Makes a config.json say how the weights beside it are stored: plain, of this type, the head tied or not.
void describeWeights(Json &config, const std::string &dtype, bool tied);

} // namespace attune::core
