#include "core/generate/scorer.h"

#include "core/generate/finite_logits.h"

#include <ATen/ops/logsumexp.h>

#include <algorithm>

namespace attune::core {
namespace {

Status checkIds(const io::ModelConfig &config, const std::vector<int32_t> &ids, const std::vector<int32_t> &targets) {
  const auto outside = [&](int32_t id) {
    return Error{ErrorCode::InvalidData, "Token " + std::to_string(id) + " is outside the vocabulary.", "",
                 "Ids run from 0 to " + std::to_string(config.vocab - 1) + "."};
  };
  if (ids.empty()) return Error{ErrorCode::InvalidData, "There are no tokens to score.", "", ""};
  if (static_cast<int64_t>(ids.size()) > config.context)
    return Error{ErrorCode::InvalidData, "The text has " + std::to_string(ids.size()) + " tokens, more than the model can see.", "",
                 "Keep it within " + std::to_string(config.context) + " tokens."};
  for (const int32_t id : ids)
    if (id < 0 || id >= config.vocab) return outside(id);
  for (const int32_t id : targets)
    if (id >= config.vocab) return outside(id);
  return {};
}

} // namespace

Result<std::vector<std::optional<double>>> tokenLogProbs(Transformer &transformer, const DecoderWeights &weights,
                                                         const DecoderAdapters *adapters, const std::vector<int32_t> &ids,
                                                         const std::vector<int32_t> *targets, const LogitsSink &sink) {
  const io::ModelConfig &config = transformer.config();
  const std::vector<int32_t> &wanted = targets ? *targets : ids;
  ATTUNE_CHECK(checkIds(config, ids, wanted));
  const int64_t length = static_cast<int64_t>(ids.size());
  data::MicroBatch batch;
  batch.segmentStarts = {0, length};
  std::vector<int64_t> rows; // whose logits are needed
  for (int64_t i = 0; i < length; ++i) {
    batch.ids.push_back(ids[static_cast<size_t>(i)]);
    batch.positions.push_back(i);
    if (sink || (i + 1 < length && wanted[static_cast<size_t>(i + 1)] >= 0)) rows.push_back(i);
  }
  std::vector<std::optional<double>> logProbs(ids.size());
  if (rows.empty()) return logProbs;
  const Tensor hidden = transformer.hidden(weights, adapters, batch, &rows);
  constexpr int64_t kRows = 64;
  const int64_t count = static_cast<int64_t>(rows.size());
  for (int64_t begin = 0; begin < count; begin += kRows) {
    const int64_t chunk = std::min(kRows, count - begin);
    const Tensor logits = transformer.logits(weights, hidden.narrow(0, begin, chunk)).cpu().contiguous();
    ATTUNE_CHECK(checkFinite(logits.data_ptr<float>(), logits.numel()));
    const Tensor totals = at::logsumexp(logits, {1});
    const float *values = logits.data_ptr<float>(), *sums = totals.data_ptr<float>();
    for (int64_t i = 0; i < chunk; ++i) {
      const auto next = static_cast<size_t>(rows[static_cast<size_t>(begin + i)] + 1);
      if (next < wanted.size() && wanted[next] >= 0)
        logProbs[next] = static_cast<double>(values[i * config.vocab + wanted[next]]) - static_cast<double>(sums[i]);
    }
    if (sink) ATTUNE_CHECK(sink(values, chunk));
  }
  return logProbs;
}

} // namespace attune::core
