// Log-probabilities of given tokens. Job thread; the logits of a few rows at a time are all that ever exists.
#pragma once

#include "core/base/result.h"
#include "core/nn/transformer.h"

#include <functional>
#include <optional>
#include <vector>

namespace attune::core {

/// Receives raw logits rows [rows, V] fp32 in order.
using LogitsSink = std::function<Status(const float *logits, int64_t rows)>;

/// Entry i is log p(targets[i] | ids[0..i)) in nats, nothing at index 0 and where the target is negative (-100).
/// `targets` stands at its own index as labels do; null means the ids themselves. InvalidData for no ids, an id outside
/// the vocabulary, or more ids than the context holds; NotFinite for logits that are NaN or infinite.
Result<std::vector<std::optional<double>>> tokenLogProbs(Transformer &transformer, const DecoderWeights &weights,
                                                         const DecoderAdapters *adapters, const std::vector<int32_t> &ids,
                                                         const std::vector<int32_t> *targets = nullptr, const LogitsSink &sink = {});

} // namespace attune::core
