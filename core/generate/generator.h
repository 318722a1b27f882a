// Answers: chunked prefill into a key/value cache allocated once, then one token at a time. Job thread, blocking,
// cancellable between tokens. Weights and adapter are arguments, so base and tuned answer from one set of weights.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/generate/sampler.h"
#include "core/nn/transformer.h"

#include <functional>
#include <vector>

namespace attune::core {

struct GenerateOptions {
  int64_t maxNewTokens = 256;
  SamplingOptions sampling;
  std::vector<int32_t> endTokens;
  int64_t prefillChunk = 512;
  StopToken stop;
  std::function<void(int32_t id)> onToken; // every new id but the end token, as it arrives
};

struct GenerateResult {
  std::vector<int32_t> ids; // new ones, without the end token
  bool ended = false;       // by an end token; otherwise by length
  double promptSeconds = 0; // until the first token
  double seconds = 0;       // after it
  /// Tokens after the first over the time they took; 0 when there was only one.
  double tokensPerSecond() const;
};

/// InvalidData for an empty prompt, one longer than the context or an id outside the vocabulary; Interrupted on stop;
/// NotFinite for logits that are NaN or infinite.
Result<GenerateResult> generate(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                const std::vector<int32_t> &prompt, const GenerateOptions &options);

} // namespace attune::core
