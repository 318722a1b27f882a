// Some checkpoints keep the rows of q, k and v by groups of heads (InternLM2), and so do adapters for them; in memory the
// order is q, k, v. Pure functions on values, job thread.
#pragma once

#include "core/lora/lora_adapter.h"

namespace attune::core {

/// The rows of B from the file's order to the model's, where they differ.
void toModelOrder(LoraAdapter &adapter, const io::ModelConfig &config);

/// A copy of the adapter with the rows of B as files have them.
LoraAdapter inFileOrder(const LoraAdapter &adapter, const io::ModelConfig &config);

} // namespace attune::core
