// Chooses the next token from logits: the filters of Hugging Face's generate(), in its order.
// One object per answer, one thread. Random numbers are counter-based: the same seed gives the same answer.
#pragma once

#include "core/base/rng.h"

#include <cstdint>
#include <vector>

namespace attune::core {

struct SamplingOptions {
  bool greedy = true;
  double temperature = 1.0;
  int64_t topK = 0;  // 0 = off
  double topP = 1.0; // 1 = off
  double minP = 0.0; // 0 = off
  double repetitionPenalty = 1.0;
  uint64_t seed = 0;

  /// Whether the next id is that of the largest logit, the lowest of such ids.
  bool takesLargest() const { return (greedy || temperature <= 0.0) && repetitionPenalty == 1.0; }
};

class Sampler {
public:
  explicit Sampler(const SamplingOptions &options) : m_options(options), m_rng(options.seed, 0x53414D50) {}

  /// The next id from `logits` [size], all finite, which are overwritten; `seen` are the ids so far, prompt included.
  /// Order: repetition penalty, temperature, top-k, top-p, min-p. Ties go to the lower id.
  int32_t choose(float *logits, int64_t size, const std::vector<int32_t> &seen);

private:
  SamplingOptions m_options;
  CounterRng m_rng;
  std::vector<int32_t> m_order; // reused from token to token
};

} // namespace attune::core
