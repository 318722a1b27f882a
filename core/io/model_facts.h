// What the files of a model say beside its tensors: names and sizes, licence, damage that a look at the folder shows, and how
// large the model is at other precisions. Any thread; reads the folder, its licence and the head of small files.
#pragma once

#include "core/io/describe.h"
#include "core/io/model_config.h"

namespace attune::io {

/// {"16": bytes, "8": bytes, "4": bytes}: every matrix but embedding and head in so many bits (8: rows with a scale of 2 bytes;
/// 4: NF4 in blocks of 64 whose scales are quantised in blocks of 256), the rest in 16.
Json sizesByBits(const ModelConfig &config);

/// Adds "files" (weights first), "file_bytes", "license" and "license_text", and a problem for each file that is empty, a Git LFS pointer
/// or the rest of a download.
void addFolderFacts(Description &result, const std::string &folder);

} // namespace attune::io
