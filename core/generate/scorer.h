// Log-probabilities of given tokens. Job thread; the logits of a few rows at a time are all that ever exists.
#pragma once

#include "core/base/result.h"
#include "core/nn/transformer.h"

#include <functional>
#include <vector>

namespace attune::core {

/// Receives raw logits rows [rows, V] fp32 in order.
using LogitsSink = std::function<Status(const float *logits, int64_t rows)>;

/// Entry i is log p(ids[i] | ids[..i)) in nats; entry 0 is 0 and means nothing. InvalidData for no ids, an id outside the
/// vocabulary or more ids than the context holds.
Result<std::vector<double>> tokenLogProbs(Transformer &transformer, const DecoderWeights &weights,
                                          const DecoderAdapters *adapters, const std::vector<int32_t> &ids,
                                          const LogitsSink &sink = {});

} // namespace attune::core
