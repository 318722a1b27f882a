// Streams a planned model into safetensors shards with their index, a few rows at a time: memory holds one block. Job thread.
#pragma once

#include "core/export/output_plan.h"

#include <functional>
#include <string>

namespace attune::core {

/// Told the bytes written so far; an Error ends the writing.
using WriteProgress = std::function<Status(uint64_t bytes)>;

/// Writes model.safetensors, or numbered shards of at most `maxShardBytes` (but for a single larger tensor) and
/// model.safetensors.index.json, into `folder`. NotFinite for weights that their type cannot hold; IoFailed.
Status writeShards(const std::string &folder, const io::WeightSource &source, const OutputPlan &plan, uint64_t maxShardBytes,
                   const WriteProgress &progress);

} // namespace attune::core
