// The weights of a tuned model where an adapter changes more than LoRA in the blocks can say: embedding LoRA, LoRA on the
// head, modules_to_save. Job thread.
#pragma once

#include "core/lora/lora_adapter.h"

namespace attune::core {

/// `base` with adapter.changes worked in (in fp32, rounded once), sharing every tensor that stays the same. A head that is tied
/// to the embedding follows it only where PEFT lets it. MalformedFile for values that are not finite,
/// UnsupportedFormat for a change of a normalised head.
Result<DecoderWeights> changedWeights(const LoraAdapter &adapter, const io::ModelConfig &config, const ModelFamily &family,
                                      const DecoderWeights &base);

} // namespace attune::core
