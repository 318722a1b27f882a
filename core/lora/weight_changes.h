// The weights of a tuned model where an adapter changes more than LoRA in the blocks can say: embedding LoRA, LoRA on the
// head, modules_to_save. Job thread.
#pragma once

#include "core/lora/lora_adapter.h"

#include <map>
#include <string>

namespace attune::core {

using WeightChanges = std::map<std::string, WeightChange>;

/// adapter.changes by the checkpoint's tensors, with those of a tied head or embedding that follows the other (where PEFT lets it).
WeightChanges changesByName(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family);

/// Works rows [begin, begin + the block's) of a change into `block`, fp32 and contiguous, which holds the base's rows.
/// MalformedFile for values that are not finite.
Status changeRows(const WeightChange &change, int64_t begin, Tensor block);

/// `base` with adapter.changes worked in (in fp32, rounded once), sharing every tensor that stays the same. A head that is tied
/// to the embedding follows it only where PEFT lets it. MalformedFile for values that are not finite,
/// UnsupportedFormat for a change of a normalised head.
Result<DecoderWeights> changedWeights(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family,
                                      const DecoderWeights &base);

/// What changedWeights adds to the memory that `base` takes: the tensors that it does not share.
int64_t changedBytes(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family, at::ScalarType type);

} // namespace attune::core
