// What one optimizer step takes beyond everything that lives through it: activations, gradients, loss. No tensors; any thread.
// A step has a few moments at which it may be largest; each is a sum, and the peak is the largest of them.
#pragma once

#include "core/plan/memory_planner.h"
#include "core/plan/saturating.h"

namespace attune::core {

/// The items of the peak; they sum up to it.
struct StepMemory {
  Bytes gradients; // of everything that trains, also where the peak comes before the last of them
  Bytes activations;
  Bytes attention;
  Bytes decoded; // matrices
  Bytes logits;  // and what else the loss holds
};

/// What the caller knows of the model under these settings.
struct TrainedParts {
  Bytes parameters;      // that train
  Bytes layer;           // of them, in one layer
  Bytes largestMatrix;   // of those in one layer, 0 with LoRA
  Bytes reducedColumns;  // LoRA's x.Aᵀ, summed over modules and layers
  Bytes decoded;         // elements of quantised matrices that are decoded at once
  bool inPlace = false;  // 16-bit weights train themselves, and each gradient is gone before the next comes
  bool streamed = false; // the layers come from the host
  int64_t layers = 0;    // that keep activations
};

/// Of the largest micro-batch.
Bytes microBatchTokens(const api::RunConfig &config, const PlanContext &context);

StepMemory stepMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const TrainedParts &parts,
                      bool narrow);

} // namespace attune::core
