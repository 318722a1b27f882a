// What the choice of optimizer and weights on the host (offload: layers) change in a forecast. No tensors; any thread.
// All arithmetic saturates at INT64_MAX.
#pragma once

#include "core/plan/memory_planner.h"
#include "core/plan/saturating.h"

namespace attune::core {

/// Bytes of the optimizer's state for what these settings train:
///   adamw       8 a parameter
///   adamw_8bit  2 + 8/256 a parameter; 8 for the embedding, norms and biases, and for adapter matrices below 4096 elements
///   adafactor   4 a row and column of each matrix, 4 an element of norms
///   sgd         none
Bytes optimizerBytes(const io::ModelConfig &model, const api::RunConfig &config);

/// The forecast with layers on the host, from `plain`, that of the same settings with full checkpointing, without layers on the host
/// and without gradients that stay. e = bytes of the compute type, L the largest layer's weights, V H the embedding's:
///   weights      e P, no masters; a second, normalised head under headNorm. On the host
///   streaming    beside a card: two buffers of e L
///   gradients    each parameter is updated as its gradient comes (clip_norm 0, accumulation 1, not fp16): e L, beside a card 2 e L
///                on it, as far as that is more than the head's in fp32, which is gone by then; else e P_t on the host, on the CPU as far
///                as that is more than the logits of one micro-batch, which are gone by then. Beside a card,
///                until they are taken, those of three layers and the head in pinned memory, whose blocks are powers of two
///   optimizer    optimizerBytes, on the host for weights and on the device for adapters
MemoryForecast withLayersOnHost(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, int64_t typeBytes,
                                const MemoryForecast &plain);

} // namespace attune::core
