// Answers: chunked prefill into a key/value cache allocated once, then one token at a time. One thread, blocking,
// cancellable between tokens. Weights and adapter are arguments, so base and tuned answer from one set of weights, and
// their Generations can take turns.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/generate/sampler.h"
#include "core/nn/transformer.h"

#include <functional>
#include <optional>
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
  double promptSeconds = 0; // spent until the first token
  double seconds = 0;       // spent after it
  /// Tokens after the first over the time they took; 0 when there was only one.
  double tokensPerSecond() const;
};

/// One answer under way, token by token. Transformer, weights and adapters outlive it.
class Generation {
public:
  /// Checks the prompt: InvalidData when empty, longer than the context or with an id outside the vocabulary.
  static Result<Generation> create(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                   std::vector<int32_t> prompt, GenerateOptions options);
  bool done() const { return m_done; }
  /// Prefills at first, then chooses one more token. Interrupted on stop; NotFinite for logits that are NaN or infinite.
  Status step();
  const GenerateResult &result() const { return m_result; }

private:
  Generation(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters, std::vector<int32_t> prompt,
             GenerateOptions options, int64_t budget);
  Status advance();
  Result<int32_t> choose(const Tensor &logits);

  Transformer *m_transformer;
  const DecoderWeights *m_weights;
  const DecoderAdapters *m_adapters;
  GenerateOptions m_options;
  int64_t m_budget; // tokens that may come
  Sampler m_sampler;
  std::optional<KvCache> m_cache;
  std::vector<int32_t> m_seen; // prompt and answer; the cache holds the first ones
  GenerateResult m_result;
  bool m_done = false;
};

/// The whole answer; errors of Generation.
Result<GenerateResult> generate(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                const std::vector<int32_t> &prompt, const GenerateOptions &options);

} // namespace attune::core
