// A Hugging Face model folder: config.json beside model.safetensors or pytorch_model.bin, or the shards of one.
// Implementation of openModel() for folders; same errors and threads as weight_source.h.
#pragma once

#include "core/io/weight_source.h"

namespace attune::io {

/// See openModel(); `path` is a folder.
Result<std::unique_ptr<WeightSource>> openHfFolder(const std::string &path, bool headerOnly);

/// The weight_map of a shard index: tensor name to shard file. Shard names that leave the folder,
/// duplicate names and anything of another shape are MalformedFile.
Result<std::map<std::string, std::string>> parseShardIndex(const std::string &json, const std::string &where);

} // namespace attune::io
