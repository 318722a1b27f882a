// What the files of a model say beside its tensors: names and sizes, licence, damage that a look at the folder shows, and how
// large the model is at other precisions. Any thread; reads the folder, its licence and the head of small files.
#pragma once

#include "core/io/describe.h"
#include "core/io/model_config.h"

namespace attune::io {

/// At 16, 8 and 4 bits: every matrix but embedding and head in so many bits (8: rows with a scale of 2 bytes;
/// 4: NF4 in blocks of 64 whose scales are quantised in blocks of 256), the rest in 16.
api::ModelSizes sizesByBits(const ModelConfig &config);

/// Adds the files (the first 2,000, weights first), how many there are and their size, licence and its text, and a problem for each
/// file that is empty, a Git LFS pointer or the rest of a download.
void addFolderFacts(Description &result, const std::string &folder);

} // namespace attune::io
