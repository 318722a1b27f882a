// How much memory a chat takes, from shapes alone: weights, adapter, one cache an answer. No tensors; any thread.
// All arithmetic saturates, as in memory_planner.
#pragma once

#include "core/api/planner.h"
#include "core/io/model_config.h"

namespace attune::core {

struct ChatSize {
  int64_t answers = 1;
  int64_t contextTokens = 0;     // resolved
  int64_t adapterParameters = 0; // of LoRA in the blocks
  int64_t ownBytes = 0;          // of the tensors that the tuned model does not share with its base
  bool bf16 = false;             // the compute type of answers on this machine
};

/// The context of a demand: what it asks for, at most the model's; 4,096 where it asks for nothing.
int64_t chatContext(const io::ModelConfig &model, int64_t asked);

/// The items of core/generate's peak, e = bytes of the compute type, T = contextTokens:
///   weights    e P
///   adapters   e P_lora, and whole tensors of the tuned model's own (embedding, head, saved modules)
///   cache      2 e L kv D T an answer
///   prefill    the products of one chunk of 512 tokens, and one layer's keys and values laid out for the kernels
///   logits     4 V, twice
///   context    tokenizer and the kernels' scratch buffers
std::vector<api::ForecastItem> forecastChat(const io::ModelConfig &model, const ChatSize &size);

/// Fills neededBytes and fittingTokens for what is free.
api::ChatForecast judgeChat(const io::ModelConfig &model, const ChatSize &size, int64_t freeBytes);

} // namespace attune::core
